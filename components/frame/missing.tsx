import { LinkButton } from '../ui/link-button'

/** No such page, or none for this person: the two are not told apart. */
export function Missing({ reference }: { readonly reference: string }) {
  return (
    <section className="max-w-2xl space-y-3">
      <h1 className="font-semibold text-xl tracking-tight">There is no such page</h1>
      <p className="text-quiet">
        Nothing is at this address, or it is not for your roles. An administrator can give you roles under Users.
      </p>
      <div className="flex flex-wrap items-center gap-3 pt-1">
        <LinkButton href="/">Go to the overview</LinkButton>
        <p className="text-quiet text-sm">
          Reference <code className="font-mono">{reference}</code>
        </p>
      </div>
    </section>
  )
}
