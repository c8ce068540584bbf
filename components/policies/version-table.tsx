import { Download, GitCompareArrows } from 'lucide-react'
import type { Outcome } from '../../core/outcome'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { cn } from '../ui/class-names'
import { CopyButton } from '../ui/copy-button'
import { LinkButton } from '../ui/link-button'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { Message } from './message'
import { PersonName, PersonNames, type PersonShown } from './person-name'
import { RollBack } from './roll-back'

export type VersionShown = {
  readonly version: number
  readonly digest: string
  readonly textDigest: string
  readonly message: string
  /** ISO 8601. */
  readonly at: string
  readonly author: PersonShown
  readonly publishedBy: PersonShown | null
  readonly approvedBy: readonly PersonShown[]
  readonly sameAs: number | null
}

export type Restore = (given: {
  readonly name: string
  readonly to: number
  readonly inForce: number
  readonly reason: string
}) => Promise<Outcome<{ readonly version: number }>>

type VersionTableProps = {
  readonly name: string
  readonly versions: readonly VersionShown[]
  /** Below this number there are more. */
  readonly older: number | null
  readonly inForce: number
  /** Null for whoever may not. */
  readonly restore: Restore | null
}

/** What was ever in force, by whom and why. Two of them are chosen and compared: a form that only asks, so the comparison has an address. */
export function VersionTable({ name, versions, older, inForce, restore }: VersionTableProps) {
  const [newest, previous] = versions
  return (
    <form action={`/policies/${name}/compare`}>
      <div className="mb-2 flex items-center justify-between gap-3">
        <h2 className="font-medium text-lg">Versions</h2>
        <Button type="submit" size="sm" disabled={versions.length < 2}>
          <GitCompareArrows />
          Compare the chosen
        </Button>
      </div>
      <Table caption={`Versions of ${name}`}>
        <TableHead>
          <HeadCell>From</HeadCell>
          <HeadCell>To</HeadCell>
          <HeadCell>Version</HeadCell>
          <HeadCell>What and why</HeadCell>
          <HeadCell>Written by</HeadCell>
          <HeadCell>Published</HeadCell>
          <HeadCell>Digest</HeadCell>
          <HeadCell>
            <span className="sr-only">Actions</span>
          </HeadCell>
        </TableHead>
        <TableBody>
          {versions.map((version) => (
            <TableRow key={version.version}>
              <Choice name="from" version={version.version} chosen={previous?.version} />
              <Choice name="to" version={version.version} chosen={newest?.version} />
              <VersionCells version={version} isInForce={version.version === inForce} />
              <Cell className="order-4 text-right">
                <span className="inline-flex items-center gap-1 align-middle">
                  {restore && version.version !== inForce && (
                    <RollBack name={name} to={version.version} inForce={inForce} restore={restore} />
                  )}
                  <LinkButton
                    href={`/policies/${name}/download?version=${version.version}`}
                    look="quiet"
                    size="icon"
                    fresh
                    download={`${name}.v${version.version}.yaml`}
                    aria-label={`Download version ${version.version}`}
                  >
                    <Download />
                  </LinkButton>
                </span>
              </Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {older !== null && (
        <LinkButton href={`/policies/${name}?before=${older}`} className="mt-3" size="sm">
          Older versions
        </LinkButton>
      )}
    </form>
  )
}

type ChoiceProps = { readonly name: 'from' | 'to'; readonly version: number; readonly chosen: number | undefined }

function Choice({ name, version, chosen }: ChoiceProps) {
  return (
    <Cell className={cn('order-5 md:w-10', name === 'to' && 'max-md:justify-self-end')}>
      <label className="flex items-center gap-1.5 pointer-coarse:min-h-10">
        <span className="text-quiet md:hidden">{name === 'from' ? 'Compare from' : 'to'}</span>
        <input
          type="radio"
          name={name}
          value={version}
          defaultChecked={version === chosen}
          className="size-4 accent-accent"
          aria-label={name === 'from' ? `Compare version ${version}` : `With version ${version}`}
        />
      </label>
    </Cell>
  )
}

const SHOWN_OF_DIGEST = 12

function VersionCells({ version, isInForce }: { readonly version: VersionShown; readonly isInForce: boolean }) {
  const { message, sameAs, author, publishedBy, approvedBy, at, digest } = version
  return (
    <>
      <Cell className="order-1 whitespace-nowrap tabular-nums max-md:font-medium">
        v{version.version}{' '}
        {isInForce && (
          <Badge tone="good" className="ml-1">
            in force
          </Badge>
        )}
      </Cell>
      <Cell wide className="order-2">
        <Message text={message} />
        {sameAs !== null && <span className="ml-2 whitespace-nowrap text-quiet">text of v{sameAs}</span>}
      </Cell>
      <Cell label="Written by" className="order-3">
        <PersonName person={author} />
      </Cell>
      <Cell className="order-1 max-md:max-w-40 max-md:text-right">
        <RelativeTime at={at} />
        {publishedBy && publishedBy.name !== author.name && (
          <span className="text-quiet">
            {' '}
            by <PersonName person={publishedBy} />
          </span>
        )}
        {approvedBy.length > 0 && (
          <span className="text-quiet">
            , approved by <PersonNames people={approvedBy} />
          </span>
        )}
      </Cell>
      <Cell className="hidden whitespace-nowrap md:table-cell">
        <span className="flex items-center">
          <code className="font-mono text-quiet text-xs" title={digest}>
            {digest.slice(0, SHOWN_OF_DIGEST)}
          </code>
          <CopyButton text={digest} label={`Copy the digest of version ${version.version}`} />
        </span>
      </Cell>
    </>
  )
}
