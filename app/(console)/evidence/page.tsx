import type { Metadata } from 'next'
import { CheckIt } from '../../../components/evidence/check-it'
import { type Asked, type ExportShown, NOTHING_ASKED, OUTCOMES, scopeOf } from '../../../components/evidence/evidence-shown'
import { ExportForm } from '../../../components/evidence/export-form'
import { OwnExports } from '../../../components/evidence/own-exports'
import { PastExports } from '../../../components/evidence/past-exports'
import { Specimen } from '../../../components/specimen'
import { Callout } from '../../../components/ui/callout'
import { PageHeader } from '../../../components/ui/page-header'
import { hasRight } from '../../../core/roles'
import { type ExportTold, estimateExport, listExports } from '../../../db/evidence-exports'
import { readTrust } from '../../../db/keys'
import { namesOf } from '../../../db/policy-list'
import { listOpenAlarms } from '../../../db/seal-alarms'
import { readConfig } from '../../_server/config'
import { database } from '../../_server/database'
import { ownExports } from '../../_server/exporting'
import { shownWho } from '../../_server/policy-page'
import { actorOrSignIn } from '../../_server/session'
import { orderEvidence, watchExport } from './actions'

export const metadata: Metadata = { title: 'Evidence' }

type Parameters = { readonly [name: string]: string | readonly string[] | undefined }
type PageProps = { readonly searchParams: Promise<Parameters> }

const LAST = 50

export default async function EvidencePage({ searchParams }: PageProps) {
  const actor = await actorOrSignIn('evidence.export')
  const asked = askedFrom(await searchParams)
  const [estimate, told, alarms, root] = await Promise.all([
    estimateExport(database(), scopeOf(asked)),
    listExports(database(), LAST),
    listOpenAlarms(database()),
    rootKey(),
  ])
  const [exports, own] = [await shown(told), ownExports(actor)]
  return (
    <>
      <PageHeader title="Evidence">
        Take part of the log out as a file that anybody can verify, offline and without trusting this console.
      </PageHeader>
      <Damage sentences={alarms.map(({ sentence }) => sentence)} />
      <section aria-labelledby="export" className="max-w-4xl">
        <h2 id="export" className="mb-3 font-medium text-lg">
          Export
        </h2>
        <ExportForm
          key={JSON.stringify(asked)}
          asked={asked}
          estimate={estimate}
          mayReveal={hasRight(actor, 'activity.reveal')}
          order={orderEvidence}
        />
        {own.length > 0 && <OwnExports exports={own} watch={watchExport} />}
      </section>
      <section aria-labelledby="check" className="mt-10">
        <h2 id="check" className="mb-3 font-medium text-lg">
          How it is checked
        </h2>
        <CheckIt root={root} />
      </section>
      <section aria-labelledby="exports" className="mt-10">
        <h2 id="exports" className="mb-3 font-medium text-lg">
          What has left
        </h2>
        <PastExports exports={exports} />
      </section>
    </>
  )
}

/** A broken log leaves as a broken one: nothing is held back, and every page of the bundle says so. */
function Damage({ sentences }: { readonly sentences: readonly string[] }) {
  if (sentences.length === 0) return null
  return (
    <Callout tone="bad" className="mb-6 max-w-4xl" title="Something is wrong with this log">
      <p>What is exported now is evidence of that: the bundle says so on every page, and verifies as damaged where it is.</p>
      <ul className="wrap-anywhere mt-1 list-disc pl-4">
        {sentences.map((sentence) => (
          <li key={sentence}>
            <Specimen text={sentence} plain />
          </li>
        ))}
      </ul>
    </Callout>
  )
}

function askedFrom(given: Parameters): Asked {
  const text = (name: string): string => {
    const value = given[name]
    return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd').slice(0, 256) : ''
  }
  const day = (name: string): string => (isDay(text(name)) ? text(name) : '')
  const outcome = OUTCOMES.find((each) => each === text('outcome')) ?? ''
  const [server, agent, policy] = [text('server'), text('agent'), text('policy')]
  return { ...NOTHING_ASKED, from: day('from'), to: day('to'), server, agent, policy, outcome, clear: text('clear') === '1' }
}

/** A day that there is: JavaScript takes the 31st of February for one, and a database does not. */
const isDay = (text: string): boolean => /^[12]\d{3}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text

/** Null where this machine has no trust.json that can be read: then there is nothing to compare. */
async function rootKey(): Promise<string | null> {
  return readTrust(readConfig().dataDir).then(
    ({ root }) => root,
    () => null,
  )
}

async function shown(told: readonly ExportTold[]): Promise<readonly ExportShown[]> {
  const names = await namesOf(
    database(),
    told.flatMap(({ fields: { actor } }) => (typeof actor === 'string' ? [actor] : [])),
  )
  return told.map(({ writer, seq, at, fields: { actor, form, from, to, filters, first, end, clearText } }) => ({
    ...{ key: `${writer}:${seq}`, at: at.toISOString(), form: textOf(form), clearText: clearText === true },
    by: shownWho({ id: textOf(actor), name: names.get(textOf(actor)) ?? null }),
    scope: Object.entries({ from, to, ...filters }).flatMap(([name, value]) => (typeof value === 'string' ? [{ name, value }] : [])),
    entries: typeof first === 'number' && typeof end === 'number' ? end - first : null,
  }))
}

/** Whoever writes to the log writes what they like there. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
