import { AppError } from '../errors'
import type { Sha256, Verify } from '../hash'
import { subjectOf } from './certificate-subject'
import { type Checkpoint, isExtension, type LogKey, openKept } from './checkpoint'
import { BUNDLE } from './evidence'
import type { EvidenceFiles, Report } from './evidence-files'
import { type EvidenceStamp, isStamp } from './evidence-shape'
import { readTimestamp } from './timestamp'
import { readProof } from './tlog-proof'
import { isEqual } from './tree'

/**
 * That the log had so many entries by then. `signer` is whom the certificate names. `isChecked`: signed by one that leads to the certificates
 * in the bundle, which are worth what they are compared with; otherwise the stamp is of this checkpoint, and who made it was not looked at.
 */
export type StampTold = {
  readonly authority: string
  readonly size: number
  readonly at: string
  readonly signer: string
  readonly isChecked: boolean
}

/** When these bytes were stamped and by whom, if that leads to one of the certificates (PEM). Throws AppError where it does not. */
export type CheckStamp = (response: Uint8Array, bytes: Uint8Array, certificates: string) => { readonly at: string; readonly signer: string }

type Tools = {
  readonly key: LogKey
  readonly verify: Verify
  readonly sha256: Sha256
  readonly report: Report
  /** Absent where nothing is at hand that reads certificates, as in a page. */
  readonly checkStamp?: CheckStamp
}

/** The stamps of a bundle that is of this checkpoint; whatever is wrong with one is said, and it tells nothing. */
export async function checkStamps(files: EvidenceFiles, checkpoint: Checkpoint, tools: Tools): Promise<readonly StampTold[]> {
  if (!files.has(BUNDLE.stamps)) return []
  const told: StampTold[] = []
  for (const stamp of await files.records(BUNDLE.stamps, isStamp)) {
    const one = await toldBy(files, stamp, checkpoint, tools)
    if ('problem' in one)
      tools.report(stamp.response, `The time stamp of ${stamp.authority} on ${stamp.size} entries proves nothing: ${one.problem}`)
    else told.push(one)
  }
  return told
}

async function toldBy(
  files: EvidenceFiles,
  stamp: EvidenceStamp,
  later: Checkpoint,
  tools: Tools,
): Promise<StampTold | { readonly problem: string }> {
  const [note, response, certificates] = [
    await files.text(stamp.checkpoint),
    await files.read(stamp.response),
    await files.text(stamp.certificates),
  ]
  if (note === null || response === null || certificates === null) return { problem: 'a file of it is missing, or is another.' }
  const problem = faultOfCheckpoint(note, stamp, later, tools)
  if (problem !== null) return { problem }
  try {
    const bytes = new TextEncoder().encode(note)
    const [matched, checked] = [matchOf(response, bytes, tools.sha256), tools.checkStamp?.(response, bytes, certificates)]
    return { authority: stamp.authority, size: stamp.size, ...(checked ?? matched), isChecked: checked !== undefined }
  } catch (error) {
    if (error instanceof AppError) return { problem: error.message }
    throw error
  }
}

/** What was stamped is a checkpoint of this log, and this log begins with it. */
function faultOfCheckpoint(note: string, stamp: EvidenceStamp, later: Checkpoint, { key, verify, sha256 }: Tools): string | null {
  const opened = openKept(note, key, verify, sha256)
  if ('problem' in opened) return `${opened.problem}.`
  if (opened.strange !== null) return `${opened.strange}.`
  if (opened.checkpoint.size !== stamp.size) return `what was stamped is a checkpoint of ${opened.checkpoint.size} entries.`
  const proof = readProof(stamp.proof)
  const isBefore = proof !== null && isExtension(opened.checkpoint, later, proof, sha256)
  return isBefore ? null : 'the log of this bundle does not begin with what was stamped.'
}

function matchOf(response: Uint8Array, bytes: Uint8Array, sha256: Sha256): { readonly at: string; readonly signer: string } {
  const { imprint, at, certificates, signer } = readTimestamp(response)
  if (!isEqual(imprint, sha256(bytes))) throw new AppError('invalid', 'it is of something else.')
  const own = certificates.filter((each) => signer.digest !== 'sha256' || isEqual(sha256(each), signer.hash))
  return { at, signer: own.map(subjectOf).join(' or ') || 'somebody whose certificate did not come along' }
}

/** A stamp in one sentence. */
export const stampSentence = ({ authority, size, at, signer, isChecked }: StampTold): string =>
  `Stamped: the first ${size} entries were there at ${at}, says ${signer} (${authority}); ${
    isChecked
      ? 'the signature leads to the certificate in the bundle, which is to be compared with the authority’s'
      : 'the stamp is of this checkpoint, and its signature was not checked here: `countersign verify` or `openssl ts -verify` does'
  }.`
