import { Download, FilePenLine, ScanEye } from 'lucide-react'
import { LinkButton } from '../ui/link-button'
import type { DraftStateShown } from './draft-badge'

type PolicyActionsProps = {
  readonly name: string
  readonly inForce: number
  readonly draft: DraftStateShown | null
  readonly mayDraft: boolean
}

/** What can be done to a policy as a whole: edit it, look at its draft, take its text away. */
export function PolicyActions({ name, inForce, draft, mayDraft }: PolicyActionsProps) {
  const isAsked = draft === 'in_review' || draft === 'approved'
  return (
    <>
      {inForce > 0 && (
        <LinkButton href={`/policies/${name}/download`} fresh download={`${name}.yaml`}>
          <Download />
          Download
        </LinkButton>
      )}
      {draft !== null && (
        <LinkButton href={`/policies/${name}/review`} fresh look={isAsked ? 'primary' : 'secondary'}>
          <ScanEye />
          Review
        </LinkButton>
      )}
      {mayDraft && (
        <LinkButton href={`/policies/${name}/draft`} fresh look={isAsked ? 'secondary' : 'primary'}>
          <FilePenLine />
          {draft === null ? 'Edit' : 'Open the draft'}
        </LinkButton>
      )}
    </>
  )
}
