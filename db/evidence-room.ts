import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import type { EvidenceScope } from '../core/audit/evidence'
import { csvRow } from '../core/audit/evidence-csv'
import { ocsfLine } from '../core/audit/evidence-ocsf'
import { BUNDLE_LIMIT_BYTES } from '../core/audit/evidence-zip'
import { parseEntry } from '../core/audit/text'
import { HASH_BYTES } from '../core/audit/tree'
import { AppError } from '../core/errors'
import type { Sql } from './connect'
import { readClearText } from './evidence-papers'
import { readSealed, type SealedRow } from './evidence-source'
import type { ExportPlan } from './evidence-state'

const pack = promisify(deflateRaw)

const SAMPLES = 8
const SAMPLE_ENTRIES = 64
const GIB = 2 ** 30

/** Throws AppError('invalid') where it can be foreseen that one bundle does not hold what was asked for: before anything is recorded or written. */
export async function requireRoom(
  sql: Sql,
  plan: Pick<ExportPlan, 'sealed' | 'population' | 'scope'>,
  limitBytes = BUNDLE_LIMIT_BYTES,
): Promise<void> {
  const bytes = await foreseenBytes(sql, plan)
  if (bytes <= limitBytes) return
  const [many, most] = [bytes, limitBytes].map((each) => (each / GIB).toPrecision(2))
  throw new AppError(
    'invalid',
    `This would come to about ${many} GiB, and one bundle holds ${most}: export a shorter period, or fewer servers or agents.`,
  )
}

/** About how many bytes the bundle would have: the leaf hashes as they are, and the rest as entries here and there in it pack. */
export async function foreseenBytes(
  sql: Sql,
  { sealed, population, scope }: Pick<ExportPlan, 'sealed' | 'population' | 'scope'>,
): Promise<number> {
  const many = population.end - population.first
  const step = Math.max(SAMPLE_ENTRIES, Math.floor(many / SAMPLES))
  const texts: string[] = []
  let looked = 0
  for (let first = population.first; first < population.end; first += step) {
    const end = Math.min(first + SAMPLE_ENTRIES, population.end)
    texts.push(...(await textsOf(sql, first, end, scope)))
    looked += end - first
  }
  const packed = await pack(texts.join(''), { level: 1 })
  return sealed.size * HASH_BYTES + (looked === 0 ? 0 : (packed.length * many) / looked)
}

/** What an export writes of these entries, in its files one behind the other. */
async function textsOf(sql: Sql, first: number, end: number, scope: EvidenceScope): Promise<readonly string[]> {
  const { server, agent, outcome, policy, policies } = scope
  const texts: string[] = []
  const filter = { server, agent, outcome, policies: policy === null ? null : policies }
  for await (const rows of readSealed(sql, first, end, filter)) {
    texts.push(...rows.flatMap(writtenOf))
    if (scope.clearText) for (const values of (await readClearText(sql, rows)).values()) texts.push(JSON.stringify(values))
  }
  return texts
}

function writtenOf({ index, writer, body }: SealedRow): readonly string[] {
  const parsed = parseEntry(body, logOf(body), writer)
  const entry = 'entry' in parsed ? parsed.entry : null
  return [body, csvRow(index, entry, ''), ocsfLine(index, entry, '', '') ?? '']
}

/** Only sizes count here: an entry is taken for what it says it is. */
const logOf = (body: string): string => /"log":"([0-9a-f]{32})"/.exec(body)?.[1] ?? ''
