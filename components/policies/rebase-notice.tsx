'use client'

import type { Outcome } from '../../core/outcome'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import type { Saving } from './draft-held'
import { failureOf, useVerb } from './use-verb'

type Stale = Pick<Saving, 'name' | 'kind' | 'revision' | 'base' | 'yaml'> & { readonly id: string; readonly inForce: number }
type RebaseNoticeProps = { readonly draft: Stale; readonly save: (given: Saving) => Promise<Outcome<{ readonly saved: boolean }>> }

/** Somebody published meanwhile: what they changed, and that one has seen it. The text itself is merged by whoever wrote it. */
export function RebaseNotice({ draft: { id, name, kind, revision, base, yaml, inForce }, save }: RebaseNoticeProps) {
  // The whole page: the editor begins anew from the text it now has. What was typed and not saved is offered again by the editor.
  const { run, pending, failed } = useVerb(save, () => window.location.reload())
  return (
    <Callout
      tone="warning"
      className="mb-3"
      title={
        base === 0
          ? `Version ${inForce} went in force since this draft was begun`
          : `Version ${inForce} is in force, and this draft was made from version ${base}`
      }
      action={
        <Button size="sm" pending={pending} onClick={() => run({ name, kind, draft: id, revision, base: inForce, yaml })}>
          Base it on version {inForce}
        </Button>
      }
    >
      {base > 0 && (
        <>
          <a className="underline" href={`/policies/${name}/compare?from=${base}&to=${inForce}`}>
            See what changed
          </a>
          , take over what should stay, then base the draft on version {inForce}: otherwise publishing it would undo that.
        </>
      )}
      {failed && <p className="text-deny">{failureOf(failed)}</p>}
    </Callout>
  )
}
