import { z } from 'zod'
import type { TreeAnswer } from '../../../../components/integrity/integrity-shown'
import { toBase64 } from '../../../../core/base64'
import { listRotations } from '../../../../db/log-rotations'
import { latestCheckpoint, listCheckpoints, proofBetween } from '../../../../db/seal-read'
import { takeLook } from '../../../../db/throttle'
import { answerOf } from '../../../_server/answer'
import { database } from '../../../_server/database'
import { inputOf, jsonInputOf } from '../../../_server/input'
import { checkpointShown } from '../../../_server/integrity'
import { hearRemembered } from '../../../_server/remembered'
import { requireActor } from '../../../_server/session'

const sizeInput = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const askedInput = z.strictObject({ at: sizeInput.optional(), from: sizeInput.optional(), to: sizeInput.optional() })

/**
 * What a browser compares: the checkpoint of `at` entries, or the last before it (the newest, if none is asked for), and the proof from
 * `from` entries to `to`. Asked by pages that are open, so it keeps nobody signed in.
 */
export const GET = (request: Request): Promise<Response> =>
  answerOf(async () => {
    const { id } = await requireActor('integrity.read', { passive: true })
    const { at, from, to } = inputOf(askedInput, Object.fromEntries(new URL(request.url).searchParams))
    const sql = database()
    await takeLook(sql, id, 'proofs')
    const checkpoint =
      at === undefined ? await latestCheckpoint(sql) : ((await listCheckpoints(sql, { before: at + 1, limit: 1 }))[0] ?? null)
    const proof = from === undefined || to === undefined ? null : await proofBetween(sql, from, to)
    const shown = checkpoint && checkpointShown(checkpoint, await listRotations(sql))
    const answer: TreeAnswer = { checkpoint: shown, proof: proof?.map(toBase64) ?? null }
    return Response.json(answer, { headers: { 'cache-control': 'no-store' } })
  })

const rememberedInput = z.strictObject({ note: z.string().max(65_536) })

/** A browser says which checkpoint it remembers: it is counted among those who do, if the log still leads there, and is an alarm if not. */
export const POST = (request: Request): Promise<Response> =>
  answerOf(async () => {
    const actor = await requireActor('integrity.read', { passive: true })
    const { note } = await jsonInputOf(rememberedInput, request)
    const is = await hearRemembered(actor, note)
    return Response.json({ is }, { headers: { 'cache-control': 'no-store' } })
  })
