import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trust } from '../../core/audit/certificate'
import { leafHash } from '../../core/audit/chain'
import { type EvidenceReport, verifyEvidence } from '../../core/audit/evidence-verify'
import { bundleLines } from '../../core/audit/evidence-words'
import { parseTlogProof, verifyTlogProof } from '../../core/audit/tlog-proof'
import type { Verdict } from '../../core/audit/verify'
import { AppError } from '../../core/errors'
import { openCheckpointMemory } from '../../db/checkpoint-memory'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { readTrust } from '../../db/keys'
import { judgeStamp } from '../../db/stamp-check'
import { inflateMember, openRandomAccess } from '../../db/zip-file'
import type { Context } from './context'

export const BUNDLE_EXIT = { intact: 0, damaged: 1, 'could not tell': 2 } as const satisfies Record<Verdict, number>
const PROOF_BEGINS = 'c2sp.org/tlog-proof@'
const PROOF_LIMIT_BYTES = 64 * 1024 * 1024

/** Verifies a file that somebody handed over: an evidence bundle, or the proof of one entry. Without trust.json the bundle's own key is named. */
export const verifyBundle = async (context: Context, path: string): Promise<number> => {
  const trust = await pinned(context)
  const file = await openRandomAccess(path)
  try {
    const start = Buffer.from(await file.read(0, PROOF_BEGINS.length)).toString()
    if (start === PROOF_BEGINS) return await verifyProof(context, path, trust)
    const options = { sha256, verify: verifyEd25519, inflate: inflateMember, checkStamp: judgeStamp, trust, nowMs: Date.now() }
    return say(context, await verifyEvidence(file, options))
  } finally {
    await file.close()
  }
}

const pinned = async ({ dataDir }: Context): Promise<Trust | null> => {
  const found = await stat(join(dataDir, 'trust.json')).catch(() => null)
  return found ? readTrust(dataDir) : null
}

const say = ({ terminal }: Context, report: EvidenceReport): number => {
  if (terminal.json) terminal.say('', report)
  else for (const line of bundleLines(report)) terminal.say(line, line)
  return BUNDLE_EXIT[report.verdict]
}

const verifyProof = async ({ terminal, dataDir }: Context, path: string, trust: Trust | null): Promise<number> => {
  const key = trust && (await openCheckpointMemory(dataDir, trust).key())
  if (!key) throw new AppError('unavailable', `A proof needs the log’s key, and there is no trust.json in ${dataDir}.`)
  if ((await stat(path)).size > PROOF_LIMIT_BYTES) throw new AppError('invalid', 'This is too long for the proof of one entry.')
  const text = await readFile(path, 'utf8')
  const parsed = parseTlogProof(text)
  const entry = 'problem' in parsed || !parsed.extra ? null : new TextDecoder().decode(parsed.extra)
  if (entry === null) throw new AppError('invalid', 'The file can’t be read as a proof that holds its entry.')
  const proven = verifyTlogProof(text, leafHash(entry, sha256), key, verifyEd25519, sha256)
  const verdict = 'problem' in proven ? 'damaged' : 'intact'
  const because = 'problem' in proven ? proven.problem : `entry ${proven.index} of the log of ${proven.checkpoint.size}`
  terminal.say(`${'problem' in proven ? 'Damaged' : 'Intact'}: ${because}.\n${entry}`, { verdict, because, entry })
  return BUNDLE_EXIT[verdict]
}
