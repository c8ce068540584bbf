import { Search } from 'lucide-react'
import Form from 'next/form'
import { PersonName } from '../policies/person-name'
import { Specimen } from '../specimen'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Link } from '../ui/link'
import { SubmitButton } from '../ui/submit-button'
import { exactTime } from '../ui/time-words'
import { EntryProof } from './entry-proof'
import type { DetachedShown, EntryFound, PinnedShown } from './integrity-shown'

export type LookupShown = {
  readonly entries: readonly EntryFound[]
  readonly missing: { readonly writer: string; readonly seq: number; readonly detached: DetachedShown | null } | null
  readonly isCut: boolean
}

type LookupProps = {
  readonly asked: string
  /** Null where nothing was asked, or nothing that names an entry; a sentence where nobody looked. */
  readonly found: LookupShown | string | null
  readonly pinned: PinnedShown
}

/** One entry by its number, its call or its writer: where it stands, what it says, and the proof of it. */
export function Lookup({ asked, found, pinned }: LookupProps) {
  return (
    <div className="space-y-3">
      <Form action="/integrity" scroll={false} className="flex flex-wrap items-end gap-2">
        <Field label="Call id, entry number or writer/number" className="min-w-0 flex-1 basis-64 md:max-w-md">
          {(control) => (
            <Input
              {...control}
              name="find"
              defaultValue={asked}
              maxLength={256}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              placeholder="#0"
            />
          )}
        </Field>
        <SubmitButton look="secondary">
          <Search />
          Look up
        </SubmitButton>
      </Form>
      {asked !== '' && <Found found={found} pinned={pinned} />}
    </div>
  )
}

function Found({ found, pinned }: Pick<LookupProps, 'found' | 'pinned'>) {
  if (!found)
    return (
      <p className="text-sm">
        This names no entry. Give a call’s id, a number such as #48213, or a writer’s id and a number with a slash between.
      </p>
    )
  if (typeof found === 'string') return <Callout tone="warning">{found}</Callout>
  if (found.missing?.detached) return <Detached {...found.missing} month={found.missing.detached} />
  if (found.missing)
    return (
      <Callout tone="bad" title="Its row is missing">
        The sealed log has entry {found.missing.seq.toLocaleString('en')} of writer <Specimen text={found.missing.writer} plain />, and no
        row is there. Verify the whole log.
      </Callout>
    )
  if (found.entries.length === 0) return <p className="text-sm">There is no such entry.</p>
  return (
    <>
      <ol className="space-y-3" aria-label="Entries">
        {found.entries.map((entry) => (
          <Entry key={`${entry.writer}:${entry.seq}:${entry.at}`} entry={entry} pinned={pinned} />
        ))}
      </ol>
      {found.isCut && <p className="text-quiet text-sm">The first {found.entries.length} are shown; the page of the call has them all.</p>}
    </>
  )
}

type DetachedProps = { readonly writer: string; readonly seq: number; readonly month: DetachedShown }

function Detached({ writer, seq, month }: DetachedProps) {
  return (
    <Callout title="Its content is detached">
      Entry {seq.toLocaleString('en')} of writer <Specimen text={writer} plain /> went with {month.month}, on {exactTime(month.at)} by{' '}
      <PersonName person={month.by} />, because: <Specimen text={month.because} plain />. Its hash is in the sealed log; its content is not
      in the log’s table any more. Entry {month.seq.toLocaleString('en')} of writer <Specimen text={month.writer} plain /> says so, and
      verifying the log shows whether it does.
    </Callout>
  )
}

function Entry({ entry, pinned }: { readonly entry: EntryFound; readonly pinned: PinnedShown }) {
  const { writer, seq, type, call, at, text, isTooLong, sealed } = entry
  return (
    <li className="min-w-0 rounded-md border border-line">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-3 py-2 text-sm">
        <span className="font-semibold tabular-nums">{sealed ? `#${sealed.index.toLocaleString('en')}` : 'not sealed'}</span>
        <span className="font-medium">
          <Specimen text={type} plain />
        </span>
        <span className="wrap-anywhere min-w-0 text-quiet">
          entry {seq.toLocaleString('en')} of writer <Specimen text={writer} plain />
        </span>
        <span className="text-quiet tabular-nums">{exactTime(at)}</span>
        {call !== null && (
          <Link href={`/activity/${encodeURIComponent(call)}`} className="rounded-sm text-accent hover:underline">
            its call
          </Link>
        )}
      </div>
      <div className="border-line border-t px-3 py-2">
        <EntryProof entry={entry} pinned={pinned} />
      </div>
      <div className="border-line border-t px-3 py-2 text-sm">
        {text === null ? (
          <p className="text-quiet">
            {isTooLong
              ? 'Its text is longer than any that Countersign writes, and is not shown here.'
              : 'Its text names people, and is shown to auditors and admins.'}{' '}
            The hash that stands for it is proven all the same.
          </p>
        ) : (
          <Specimen text={text} plain />
        )}
      </div>
      {sealed && (
        <details className="border-line border-t px-3 py-1.5 text-sm">
          <summary className="w-fit rounded-sm text-quiet">The checkpoint it is proven by</summary>
          <pre className="wrap-anywhere whitespace-pre-wrap py-1.5 font-mono text-[0.95em]">
            <Specimen text={sealed.checkpoint.note} plain />
          </pre>
        </details>
      )}
    </li>
  )
}
