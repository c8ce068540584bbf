import 'server-only'
import { logKeysOf, withRotations } from '../../core/audit/log-keys'
import { alarmFields, compareWithRemembered, recall, type Wrong } from '../../core/audit/remembered'
import { AppError } from '../../core/errors'
import type { Actor } from '../../core/roles'
import { sayRemembered } from '../../db/cosignatures'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { listRotations } from '../../db/log-rotations'
import { reportAlarm } from '../../db/seal-alarms'
import { latestCheckpoint, proofBetween } from '../../db/seal-read'
import { database } from './database'
import { NOT_OURS } from './input'
import { readPinned } from './integrity'
import { consoleWriter } from './writer'

/** Who an alarm is said to be found by: which browser it was, the log has no need to know. */
const FOUND_BY = 'an open console'

/**
 * A checkpoint that a browser remembers. Whoever sends it can't make one up: it counts only with the log key's signature. Where this log
 * does not lead to it any more, that is an alarm and an entry, once for as long as it lasts.
 */
export async function hearRemembered(actor: Actor, note: string): Promise<'remembered' | Wrong['is']> {
  const [trust, sql] = [await readPinned(), database()]
  const latest = await latestCheckpoint(sql)
  const key = logKeysOf(withRotations(trust, await listRotations(sql)), { verify: verifyEd25519, sha256 })
  const tools = key && { key, verify: verifyEd25519, sha256 }
  const recalled = tools && recall(note, tools)
  if (!recalled || 'problem' in recalled) throw new AppError('invalid', NOT_OURS)
  const { checkpoint, wrong } = recalled
  const prove = (from: number, to: number) => proofBetween(sql, from, to)
  const look = wrong ?? (await compareWithRemembered(checkpoint, latest?.note ?? null, prove, tools))
  if (look && 'sentence' in look) {
    await raise(look)
    return look.is
  }
  // One memory for a session, however many tabs it has; its own id is nobody's business.
  const who = `tab ${Buffer.from(sha256(Buffer.from(`countersign/tab/v1\n${actor.session}`)))
    .toString('hex')
    .slice(0, 16)}`
  await sayRemembered(sql, who, 'tab', checkpoint)
  return 'remembered'
}

async function raise(wrong: Wrong): Promise<void> {
  const fields = alarmFields(wrong)
  const { kind, remembered } = fields
  const report = { kind, remembered, sentence: wrong.sentence }
  const writer = await consoleWriter()
  await writer.commit(async (tx) => ({ entries: (await reportAlarm(tx, report, FOUND_BY)) ? [fields] : [], result: null }))
}
