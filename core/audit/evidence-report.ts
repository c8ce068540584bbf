import { BUNDLE, type EvidenceScope, isWhole, type Manifest } from './evidence'
import { ALIGNMENT_NOTE, ALIGNMENTS } from './evidence-alignment'

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** What would hide or reorder text is shown as its number. */
const HIDDEN = /(?! )[\p{C}\p{Zl}\p{Zp}\p{Zs}]/gu

/** The same text with nothing in it unseen, on one line. */
export const seen = (text: string): string => text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)

/** Text from outside in a page: inert, and nothing of it unseen. */
export const escaped = (text: string): string => seen(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** In one sentence how the log stood when it was exported; said on every page. */
export const integritySentence = ({ integrity, checkpoint }: Manifest): string =>
  integrity.found === 0
    ? `When this was exported, every entry in it was the one sealed under the checkpoint of ${checkpoint.size} entries.`
    : `DAMAGED LOG: ${integrity.found} ${integrity.found === 1 ? 'thing was' : 'things were'} wrong with the log when this was exported. It is evidence of that damage.`

export function scopeSentence(scope: EvidenceScope): string {
  const period = `${scope.from === null ? 'from the beginning' : `from ${scope.from}`} ${scope.to === null ? 'to the end' : `to before ${scope.to}`}`
  const filters = (['server', 'agent', 'policy', 'outcome'] as const).flatMap((name) =>
    scope[name] === null ? [] : [`${name} ${scope[name]}`],
  )
  const whole = isWhole(scope) ? 'every entry' : `calls with ${filters.join(', ')}, and what is about no single call`
  return `${whole}, ${period}; clear text ${scope.clearText ? 'included where it is kept' : 'left out'}`
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:3.5rem auto 2rem;max-width:60rem;padding:0 1rem;color:#1c1c1f;background:#fff}
h1,h2{font-weight:600;line-height:1.2}h2{margin-top:2rem;break-after:avoid}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d8d8de;padding:.35rem .6rem .35rem 0;text-align:left;vertical-align:top}
.state{position:fixed;top:0;left:0;right:0;margin:0;padding:.5rem 1rem;font-size:13px;background:#f2f2f5;border-bottom:1px solid #d8d8de}
.damaged .state{background:#8f1d1d;color:#fff}.n{font-variant-numeric:tabular-nums}code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}`

/** The report for whoever reads rather than runs: one page of HTML without scripts, whose banner is printed on every sheet. */
export function reportHtml(manifest: Manifest): string {
  const isBroken = manifest.integrity.found > 0
  return `<!doctype html><html lang="en"${isBroken ? ' class="damaged"' : ''}><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${isBroken ? 'DAMAGED LOG: ' : ''}Evidence from log ${escaped(manifest.log)}</title><style>${STYLE}</style></head>
<body><p class="state">${escaped(integritySentence(manifest))}</p><h1>Evidence from log <code>${escaped(manifest.log)}</code></h1>
${[about, findings, gaps, counts, alignment, check].map((section) => section(manifest)).join('\n')}
</body></html>
`
}

const row = (head: string, cell: string): string => `<tr><th scope="row">${escaped(head)}</th><td>${escaped(cell)}</td></tr>`

const about = (manifest: Manifest): string => `<h2>What this is</h2><table>
${row('Asked for', scopeSentence(manifest.scope))}
${row('Population', `entries ${manifest.population.first} to before ${manifest.population.end} of a log of ${manifest.checkpoint.size}; ${manifest.entries} of them are here`)}
${row('Exported', `${manifest.at} by ${manifest.by}, with Countersign ${manifest.version}; recorded as entry ${manifest.entry.seq} of writer ${manifest.entry.writer}`)}
${row('Root of the tree', manifest.checkpoint.root)}
${row('Not sealed yet, so not here', `${manifest.unsealed} entries`)}</table>`

const list = (items: readonly string[], empty: string): string =>
  items.length === 0 ? `<p>${empty}</p>` : `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`

const findings = ({ integrity }: Manifest): string =>
  `<h2>Damage</h2>${list(
    [
      ...integrity.findings.map(({ sentence }) => sentence),
      ...(integrity.found > integrity.findings.length ? [`… and ${integrity.found - integrity.findings.length} more.`] : []),
    ],
    'None was found while exporting. Verify the bundle to see for yourself.',
  )}`

const gaps = ({ gaps: told }: Manifest): string => `<h2>Gaps and what is not known</h2>${list(told, 'None.')}`

const counts = ({ counts: counted, derived }: Manifest): string =>
  `<h2>Counts</h2>${(['types', 'outcomes', 'statuses'] as const)
    .map(
      (of) =>
        `<h3>${{ types: 'Entries by type', outcomes: 'Decisions by outcome', statuses: 'Receipts by status' }[of]}</h3><table class="n">${Object.entries(
          counted[of],
        )
          .map(([word, n]) => row(word, String(n)))
          .join('')}</table>`,
    )
    .join('')}<p>How they are derived:</p>${list(derived, '')}`

const alignment = (manifest: Manifest): string =>
  `<h2>What aligns with which reference</h2><p>${escaped(ALIGNMENT_NOTE)}</p><table><tr><th>Reference</th><th>Speaks of</th><th>Here</th><th>Where</th></tr>${ALIGNMENTS.map(
    ({ reference, asks, holds, where }) =>
      `<tr>${[reference, asks, holds(manifest), where].map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
  ).join('')}</table>`

const check = (): string =>
  `<h2>How to check it</h2><p>Open a copy of <code>${BUNDLE.page}</code> that you have from another source than this file, and give it the whole zip file; or run <code>countersign verify BUNDLE.zip</code>, or <code>node ${BUNDLE.script} BUNDLE.zip</code>. ${BUNDLE.readme} says more.</p>`

/** What is said of time stamps, and how somebody else's program checks them. */
export type StampsSaid = { readonly told: readonly string[]; readonly commands: readonly string[] }

const stampsText = ({ told, commands }: StampsSaid): string =>
  told.length === 0
    ? '  There are none: no authority stamps this log, or its stamps lie on another machine.'
    : `${told.map((sentence) => `  ${seen(sentence)}`).join('\n')}
  Unpack the file and check them with OpenSSL. The .pem is what the operator pinned: compare
  it with what the authority publishes; where it is the authority's own certificate rather
  than its issuer's, add -partial_chain.
${commands.map((command) => `    ${command}`).join('\n')}`

/** readme.txt: for an auditor who has never heard of this. `root` is the key that vouches, in hexadecimal. */
export const readmeText = (manifest: Manifest, root: string, stamps: StampsSaid): string => `${integritySentence(manifest)}

EVIDENCE FROM A COUNTERSIGN LOG
===============================

Log       ${manifest.log}
Asked for ${seen(scopeSentence(manifest.scope))}
Exported  ${manifest.at} by ${seen(manifest.by)}
Root key  ${root}

What vouches for this file is the root key above. Compare it with the one that the
operator of the log gave you by another way: it is \`root\` in their trust.json.

HOW TO CHECK IT
  1. verify.html: open it in a browser, offline, and give it this zip file. Use a copy
     from another source than this file (the Countersign package carries one): whoever
     could change the entries could have changed the page beside them.
  2. countersign verify BUNDLE.zip            exit 0 intact, 1 damaged, 2 could not tell
  3. node verify-bundle.mjs BUNDLE.zip [ROOTKEY]     about a hundred lines, to be read first

WHAT IS IN IT
  manifest.json, manifest.sig  what was asked for, counts, gaps, every file with its SHA-256; signed
  trust.json                   the keys; believe it only as far as you can compare the root key
  checkpoint                   the signed size and root of the whole log (C2SP tlog-checkpoint), with
                               cosignatures of witnesses where there are any
  checkpoints.jsonl            earlier checkpoints with proofs that the log only grew since
  stamps.jsonl, stamps/        checkpoints that an authority stamped (RFC 3161), each with its stamp, the
                               pinned certificates, and a proof that the log only grew since
  tree/leaves/                 the leaf hash (RFC 6962) of every entry of the whole log, 32 bytes each:
                               what is not exported is still counted and can't be changed later
  tree/runs.jsonl              which entries of which writer stand where
  writers.jsonl                the first entry of each writer, which carries its certificates, and the
                               last signature over what is sealed
  entries/                     the entries, each byte for byte as it was hashed
  disclosures/                 clear text behind commitments, with the salts, where it was asked for:
                               SHA-256("countersign/commitment/v1\\n" + salt + bytes) stands in the entry
  erasures.jsonl               what of it was erased before, why, and which entries say so
  detached.jsonl               the entries that say which months are not in the log's table any more, and
                               tree/detached.jsonl which entries those were: their hashes are here
  policies/                    each policy by its digest, with who reviewed it
  holds/                       held calls and the signed votes on them
  views/, report.html          the same to be read: CSV, OCSF 6003, HTML. Views prove nothing.

TIME STAMPS
${stampsText(stamps)}

WHAT IT SHOWS, AND WHAT NOT
  Entries that are here were sealed in this order and were not changed since. In an export
  without filters none of the period is missing. A filtered export shows how many entries
  there are beside those it holds, not what they say. The period goes by the time at which
  the database recorded an entry. A log whose checkpoints nobody outside cosigned can be
  replaced as a whole by whoever holds its keys. A call that went around the gateway is in
  no log.
`
