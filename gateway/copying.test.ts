import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeTrust } from '../db/keys-birth'
import { freshWebhookSecret } from '../db/secrets'
import { type Sink, writeSinks } from '../db/sinks'
import { memoryLog } from '../db/testing-log'
import { startWebReceiver, type WebReceiver } from '../db/testing-receivers'
import type { WitnessedLog } from '../db/witnessing'
import { startCopying } from './copying'

const log = memoryLog()
const witnessed: WitnessedLog = {
  rotations: async () => [],
  latest: async () => ({ size: 7, note: log.note(7) }),
  proof: async (from, to) => log.proof(from, to),
  cosigned: async () => 0,
  keep: async () => undefined,
  alarm: async () => undefined,
  over: async () => undefined,
}

let top = ''
let copies = ''
let receiver: WebReceiver
const answers: (number | null)[] = []
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'countersign-copying-'))
  copies = join(top, 'copies')
  await mkdir(copies)
  await writeTrust(join(top, 'trust.json'), log.trust)
  receiver = await startWebReceiver({
    respond: (_request, response) => {
      const answer = answers.shift()
      if (answer !== null) response.writeHead(answer ?? 204).end()
    },
  })
})
afterEach(async () => {
  await receiver.close()
  await rm(top, { recursive: true, force: true })
})

const webhook = (path: string): Sink => ({ webhook: `http://127.0.0.1:${receiver.port}/${path}`, secret: freshWebhookSecret() })
const start = (warnings: string[]) =>
  startCopying({ dataDir: top, log: witnessed, warn: (sentence) => warnings.push(sentence), chance: () => 0, lookMs: 50 })

test('a sink that never answers keeps nobody: not the others, and not whoever stops', async () => {
  answers.splice(0, answers.length, null)
  await writeSinks(top, [webhook('stuck'), { folder: copies }])
  const copying = start([])
  await expect.poll(() => readdir(copies)).toEqual([log.trust.log])
  await expect.poll(() => receiver.received.length).toBe(1)
  await copying.stop()
})

test('what is not taken is told once, and sent again until it is', async () => {
  answers.splice(0, answers.length, 500, 500)
  await writeSinks(top, [webhook('busy')])
  const warnings: string[] = []
  const copying = start(warnings)
  await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(3)
  await copying.stop()
  expect(warnings).toEqual([expect.stringContaining('did not take a checkpoint: it answered 500')])
}, 90_000)

test('a list that is damaged is told, and once it is mended it counts', async () => {
  const warnings: string[] = []
  await writeSinks(top, [{ folder: 'not absolute' }])
  const copying = start(warnings)
  await expect.poll(() => warnings).toEqual([expect.stringContaining('sinks.json is damaged')])
  await writeSinks(top, [{ folder: copies }])
  await expect.poll(() => readdir(copies), { timeout: 30_000 }).toEqual([log.trust.log])
  await copying.stop()
}, 60_000)
