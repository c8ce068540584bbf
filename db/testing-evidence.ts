import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EvidenceScope, Manifest } from '../core/audit/evidence'
import { signManifest } from '../core/audit/evidence'
import { type EvidenceReport, verifyEvidence } from '../core/audit/evidence-verify'
import { readDirectory, readPacked } from '../core/audit/evidence-zip'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { writeBundle } from './evidence-export'
import { planExport, recordExport } from './evidence-order'
import { newProgress } from './evidence-state'
import { identityOf, type Keys, openKeys } from './keys'
import { openLogKey } from './log-key'
import { runSealer } from './sealer'
import { judgeStamp } from './stamp-check'
import { testDecision, testReceipt } from './testing-entries'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'
import { inflateMember, openRandomAccess, ZipFile } from './zip-file'

const ROOT = join(import.meta.dirname, '..')
export const EVERYTHING: Omit<EvidenceScope, 'policies'> = {
  ...{ from: null, to: null, server: null, agent: null, policy: null, outcome: null },
  clearText: false,
}

/** For tests: a log with calls in it, a sealer that runs when asked, and bundles of it. */
export type EvidenceBench = {
  readonly dataDir: string
  readonly keys: Keys
  readonly sql: Sql
  readonly writer: Writer
  calls(many: number, server?: string): Promise<void>
  seal(): Promise<void>
  bundle(asked?: Partial<EvidenceScope>, name?: string): Promise<{ readonly path: string; readonly manifest: Manifest }>
  verify(path: string, over?: Partial<Parameters<typeof verifyEvidence>[1]>): Promise<EvidenceReport>
  close(): Promise<void>
}

export async function openEvidenceBench(
  database: FreshDatabase,
  page = join(ROOT, 'gateway/verify-page/page.html'),
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-evidence-')),
): Promise<EvidenceBench> {
  const keys = await openKeys(dataDir)
  const sql = connect(database.urlFor('auditor'), { purpose: 'bulk', application: 'test' })
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identityOf(keys, 'gateway') })
  const files = { page, script: join(ROOT, 'e2e/stand-alone-verify.mjs') }
  return {
    ...{ dataDir, keys, sql, writer },
    calls: async (many, server = 'files') => {
      for (let n = 0; n < many; n++) {
        const decision = testDecision({ server, outcome: n % 5 === 4 ? 'deny' : 'allow', tool: n % 7 === 3 ? '=cmd|calc' : 'read_file' })
        const placed = await writer.append({ ...decision, disclose: [{ name: 'arguments', bytes: Buffer.from(`{"path":"/tmp/${n}"}`) }] })
        if (decision.outcome === 'allow') await writer.append(testReceipt(decision, placed))
      }
    },
    seal: () => sealEverything(database, dataDir, keys, sql),
    bundle: async (asked = {}, name = `${Math.random()}.zip`) => {
      const path = join(dataDir, name)
      const at = { at: new Date().toISOString(), version: '0.1.0', by: 'tester' }
      const planned = await planExport(sql, { ...EVERYTHING, ...asked }, at)
      const plan = await recordExport(writer, { person: null, founder: 'tester' }, planned)
      const tools = { sql, keys, dataDir, ...files, tell: () => undefined, stopped: new AbortController().signal }
      const manifest = await writeBundle(path, { plan, progress: newProgress(), members: [] }, tools)
      if (!manifest) throw new Error('nobody stopped it')
      return { path, manifest }
    },
    verify: (path, over = {}) => verifyFile(path, { trust: keys.trust, ...over }),
    close: async () => {
      await writer.close()
      await sql.end()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export async function verifyFile(path: string, over: Partial<Parameters<typeof verifyEvidence>[1]>): Promise<EvidenceReport> {
  const file = await openRandomAccess(path)
  try {
    return await verifyEvidence(file, {
      ...{ sha256, verify: verifyEd25519, inflate: inflateMember, checkStamp: judgeStamp, trust: null, nowMs: Date.now() },
      ...over,
    })
  } finally {
    await file.close()
  }
}

async function sealEverything(database: FreshDatabase, dataDir: string, keys: Keys, sql: Sql): Promise<void> {
  const stop = new AbortController()
  const signAs = (publicKey: string) => openLogKey(dataDir, keys, publicKey)
  const options = { url: database.urlFor('sealer'), dataDir, trust: keys.trust, signAs, name: 'test', say: () => undefined }
  const sealing = runSealer({ ...options, stopped: stop.signal })
  for (;;) {
    const [left] = await sql<{ unsealed: number }[]>`
      select (coalesce(sum(head_seq), 0) - (select size from countersign.seal_state))::float8 as unsealed from countersign.writers`
    if (left?.unsealed === 0) break
    await sleep(20)
  }
  stop.abort()
  await sealing
}

export type Contents = Map<string, Uint8Array>

/** For tests: every file of a bundle by name, and the other way round. */
export async function unpack(path: string): Promise<Contents> {
  const bytes = readFileSync(path)
  const file = { size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) }
  const members = await readDirectory(file)
  if ('sentence' in members) throw new Error(members.sentence)
  const contents: Contents = new Map()
  for (const member of members) {
    const packed = await readPacked(file, member)
    contents.set(member.name, (member.method === 0 ? packed : await inflateMember(packed, member.bytes)) ?? new Uint8Array())
  }
  return contents
}

export async function repack(path: string, contents: Contents): Promise<string> {
  const zip = await ZipFile.open(path, [])
  for (const [name, bytes] of contents) await zip.add(name, bytes)
  await zip.finish()
  return path
}

/** For tests: what somebody with the host's key makes of it: files listed as they are now, the manifest changed, and signed anew. */
export function resigned(
  contents: Contents,
  keys: Pick<Keys, 'host'>,
  change: (manifest: Manifest) => Manifest = (same) => same,
): Contents {
  const manifest = change(JSON.parse(Buffer.from(contents.get('manifest.json') ?? []).toString()) as Manifest)
  const listed = [...contents].filter(([name]) => !name.startsWith('manifest.'))
  const files = listed.map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: Buffer.from(sha256(bytes)).toString('hex') }))
  const { text, signature } = signManifest({ ...manifest, files }, keys.host)
  return new Map([...listed, ['manifest.json', Buffer.from(text)], ['manifest.sig', Buffer.from(signature)]])
}
