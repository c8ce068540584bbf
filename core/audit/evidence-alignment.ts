import type { Manifest } from './evidence'

/** What a reference asks for in our words, and what this bundle holds that speaks to it. */
export type Alignment = {
  readonly reference: string
  readonly asks: string
  readonly holds: (manifest: Manifest) => string
  readonly where: string
}

const sum = (counts: { readonly [word: string]: number }, ...words: readonly string[]): number =>
  words.reduce((total, word) => total + (counts[word] ?? 0), 0)

const startingWith = (counts: { readonly [word: string]: number }, prefix: string): number =>
  Object.entries(counts).reduce((total, [word, n]) => total + (word.startsWith(prefix) ? n : 0), 0)

/** Said wherever the table is shown: it is for whoever assesses, and judges nothing itself. */
export const ALIGNMENT_NOTE =
  'The table says which parts of this bundle speak to which reference. It supports an assessment by somebody qualified to make one; it states no conformity, certification or compliance.'

export const ALIGNMENTS: readonly Alignment[] = [
  {
    reference: 'SOC 2 CC6.1, CC6.3',
    asks: 'Access is restricted to what was authorised, by rules that are kept.',
    holds: ({ counts }) =>
      `${sum(counts.types, 'decision')} decisions, each with rule and policy digest: ${sum(counts.outcomes, 'allow')} allowed, ${sum(counts.outcomes, 'deny')} denied, ${sum(counts.outcomes, 'escalate')} put to people.`,
    where: 'entries/, policies/',
  },
  {
    reference: 'SOC 2 CC6.2',
    asks: 'Who may do what is granted and taken back by authorised people.',
    holds: ({ counts }) => `${startingWith(counts.types, 'user.')} changes of accounts and roles.`,
    where: 'entries/ (user.*)',
  },
  {
    reference: 'SOC 2 CC7.1, CC7.2',
    asks: 'Changes of configuration and unusual activity are noticed.',
    holds: ({ counts, gaps }) =>
      `${startingWith(counts.types, 'policy.')} steps of policies, ${startingWith(counts.types, 'pin.')} of tool definitions, ${startingWith(counts.types, 'config.')} of configuration; ${gaps.length} gaps told.`,
    where: 'entries/, manifest.json (gaps)',
  },
  {
    reference: 'SOC 2 CC7.3, CC7.4',
    asks: 'Events can be evaluated and traced when something happened.',
    holds: ({ counts }) => `${sum(counts.types, 'receipt')} receipts tell what became of each call.`,
    where: 'entries/, views/',
  },
  {
    reference: 'ISO/IEC 42001 A.6.2.8',
    asks: 'The AI system’s events are logged where the organisation decided that they should be.',
    holds: ({ entries, checkpoint }) => `${entries} entries of a log of ${checkpoint.size}, under one signed tree.`,
    where: 'entries/, tree/, checkpoint',
  },
  {
    reference: 'EU AI Act Article 12',
    asks: 'Events are recorded automatically over the lifetime of the system, so that its operation can be traced.',
    holds: ({ population }) =>
      `Entries ${population.first} to before ${population.end}, recorded before the calls they tell of were carried out.`,
    where: 'entries/',
  },
  {
    reference: 'EU AI Act Article 14',
    asks: 'People can oversee the system, decide not to use it and stop it.',
    holds: ({ counts }) =>
      `${sum(counts.types, 'vote')} signed votes on held calls, ${sum(counts.types, 'hold.denied', 'hold.revoked')} denials and revocations, ${startingWith(counts.types, 'kill.')} uses of the stop switch.`,
    where: 'holds/, entries/',
  },
  {
    reference: 'EU AI Act Article 19',
    asks: 'Automatically generated logs are kept.',
    holds: () => 'Leaf hashes of the whole log: what was kept then can be shown to be what is kept now.',
    where: 'tree/, checkpoint',
  },
  {
    reference: 'EU AI Act Article 26(5), 26(6)',
    asks: 'Deployers monitor the operation and keep the logs under their control.',
    holds: ({ counts }) =>
      `${sum(counts.types, 'export')} recorded exports and ${sum(counts.types, 'reveal')} recorded looks at clear text.`,
    where: 'entries/ (export, reveal)',
  },
]
