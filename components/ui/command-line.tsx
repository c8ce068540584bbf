import { CopyButton } from './copy-button'

/** A command to run as it stands, with a button to copy it. Of our own words only; text from outside goes through Specimen. */
export function CommandLine({ children }: { readonly children: string }) {
  return (
    <div className="flex items-start rounded-md border border-line bg-sunken text-ink">
      <pre className="min-w-0 flex-1 whitespace-pre-wrap wrap-anywhere px-3 py-1.5 font-mono text-sm">
        <span aria-hidden="true" className="select-none text-quiet">
          ${' '}
        </span>
        <code>{children}</code>
      </pre>
      <CopyButton text={children} label="Copy the command" />
    </div>
  )
}
