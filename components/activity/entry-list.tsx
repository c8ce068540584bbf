import { Specimen } from '../specimen'
import { Callout } from '../ui/callout'
import { CopyButton } from '../ui/copy-button'
import { Link } from '../ui/link'
import type { EntryShown } from './call-shown'
import { Digest } from './fact-list'

/** Every entry of the call as the log holds it: its place, the hash that the log's tree is made of, and its text. */
export function EntryList({ entries }: { readonly entries: readonly EntryShown[] }) {
  return (
    <ol className="space-y-2">
      {entries.map((entry) => (
        <li key={`${entry.writer}:${entry.seq}`} className="rounded-md border border-line">
          <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-3 py-2 text-sm">
            <span className="font-medium">
              <Specimen text={entry.type} plain />
            </span>
            <span className="text-quiet tabular-nums">{entry.recordedAt}</span>
            <span className="wrap-anywhere text-quiet">
              entry {entry.seq.toLocaleString('en')} of writer <Specimen text={entry.writer} plain />
            </span>
            <Link
              href={`/integrity?find=${encodeURIComponent(`${entry.writer}/${entry.seq}`)}`}
              className="rounded-sm text-accent hover:underline"
            >
              its proof
            </Link>
          </div>
          <Bent entry={entry} />
          <div className="flex items-center gap-1 border-line border-t px-3 text-sm">
            <div className="min-w-0 flex-1 gap-3 py-1.5 md:flex">
              <span className="shrink-0 text-quiet">Leaf hash</span>
              <Digest text={entry.hash} />
            </div>
            <CopyButton text={entry.hash} label="Copy the leaf hash" />
          </div>
          <details className="border-line border-t px-3 py-1.5 text-sm">
            <summary className="w-fit rounded-sm text-quiet">The text that is hashed</summary>
            <p className="py-1.5">
              <Specimen text={entry.body} plain />
            </p>
          </details>
        </li>
      ))}
    </ol>
  )
}

function Bent({ entry: { bent } }: { readonly entry: EntryShown }) {
  if (bent.length === 0) return null
  return (
    <Callout tone="bad" className="mx-3 mb-2" title="Its search columns say something else than its text">
      Not the same: {bent.join(', ')}. The text is what counts; somebody changed one of the two in the database. Run npx countersign verify
      --deep.
    </Callout>
  )
}
