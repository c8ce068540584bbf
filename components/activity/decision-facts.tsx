import { recordedReason } from '../decision-words'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'
import { type EntryShown, membersOf, numberOf, sizeWords, textOf } from './call-shown'
import { Digest, FactList, timeFact, told } from './fact-list'

/** Which versions stand behind the digests of an entry, where they are kept here. */
export type PolicyNames = { readonly [digest: string]: { readonly name: string; readonly version: number } }

type DecisionFactsProps = { readonly entry: EntryShown; readonly policies: PolicyNames }

/** The envelope of a decision: what was asked, by whom, and by what it was decided. */
export function DecisionFacts({ entry: { fields, recordedAt }, policies }: DecisionFactsProps) {
  const principal = membersOf(fields.principal)
  const policy = membersOf(fields.policy)
  const rule = textOf(fields.rule)
  const size = numberOf(fields.sizeBytes)
  return (
    <FactList
      facts={[
        { name: 'Why', value: <Reason code={textOf(fields.code) ?? ''} /> },
        rule === null ? { name: 'Rule', value: <span className="text-quiet">none</span> } : told('Rule', rule),
        told('Bound', textOf(fields.constraint)),
        { name: 'Policy', value: <PolicyName digest={textOf(policy.digest)} version={numberOf(policy.version)} policies={policies} /> },
        textOf(fields.guardrail) === null
          ? null
          : { name: 'Guardrail', value: <PolicyName digest={textOf(fields.guardrail)} version={null} policies={policies} /> },
        told('Method', textOf(fields.method)),
        told('Server', textOf(fields.server)),
        principal.id === undefined
          ? null
          : {
              name: 'Principal',
              value: (
                <>
                  <Specimen text={textOf(principal.id) ?? ''} plain />{' '}
                  <span className="text-quiet">({assurance(principal.assurance)})</span>
                </>
              ),
            },
        told('Session', textOf(fields.session)),
        told('Definition', textOf(fields.pin)),
        told('Hold', textOf(fields.hold)),
        told('Under proposal', textOf(fields.under)),
        numberOf(fields.leg) === null ? null : { name: 'Leg', value: String(numberOf(fields.leg)) },
        size === null ? null : { name: 'Size', value: sizeWords(size) },
        {
          name: 'Facts',
          value: (
            <code className="font-mono text-[0.95em]">
              <Specimen text={JSON.stringify(fields.facts ?? null)} plain />
            </code>
          ),
        },
        timeFact('Recorded', recordedAt, 'database'),
        timeFact('Decided', textOf(fields.at), 'gateway'),
      ]}
    />
  )
}

const assurance = (value: unknown): string => (value === 'authenticated' ? 'authenticated' : 'asserted, nobody authenticated it')

function Reason({ code }: { readonly code: string }) {
  const words = recordedReason(code)
  return (
    <>
      {words ?? 'A reason of another release'}{' '}
      <span className="text-quiet">
        (<Specimen text={code} plain />)
      </span>
    </>
  )
}

function PolicyName({
  digest,
  version,
  policies,
}: {
  readonly digest: string | null
  readonly version: number | null
  readonly policies: PolicyNames
}) {
  if (digest === null) return <span className="text-quiet">none was in force</span>
  const known = Object.hasOwn(policies, digest) ? policies[digest] : undefined
  return (
    <>
      {known ? (
        <Link href={`/policies/${encodeURIComponent(known.name)}`} className="rounded-sm underline underline-offset-2">
          {known.name} version {version ?? known.version}
        </Link>
      ) : (
        <span>{version === null ? 'from a file' : `version ${version}`}</span>
      )}
      <span className="text-quiet">
        <Digest text={digest} />
      </span>
    </>
  )
}
