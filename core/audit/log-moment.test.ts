import { expect, test } from 'vitest'
import { dice } from '../policy/proof/dice'
import { entriesIn, type LogPages, sourceAt } from './log-moment'
import { findPlainly } from './quick-texts'
import { type MemoryLog, Scribe, Sealer, sourceOf, testVerify, timeAt, trust, witnessed } from './testing-log'
import { momentOf, pagesOf } from './testing-moment'
import { MUTATIONS } from './testing-mutations'
import { randomLog } from './testing-random-log'
import { sha256 } from './testing-tree'
import { verifyLog, verifyQuickly } from './verify'

const tools = { sha256, verify: testVerify }

test('page by page a log is found as it is at once, whatever was done to it', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 8; seed++) {
    const chance = dice(seed)
    const log = randomLog(chance)
    if (!log.seal) continue
    for (const [name, mutate] of Object.entries(MUTATIONS)) {
      const copy = structuredClone(log)
      const damage = mutate(copy, chance)
      if (!damage || !copy.seal) continue
      seen.add(name)
      const options = { trust: witnessed, ...tools, kept: damage.kept ?? [], deep: damage.deep ?? false }
      const paged = sourceAt(await momentOf(copy), pagesOf(copy, 1 + chance.roll(7)))
      expect(await verifyLog(paged, options), `seed ${seed}, ${name}`).toEqual(await verifyLog(sourceOf(copy), options))
      const quick = await verifyQuickly(paged, options, { find: findPlainly })
      expect(quick, `a quick look, seed ${seed}, ${name}`).toEqual(await verifyQuickly(sourceOf(copy), options, { find: findPlainly }))
    }
  }
  expect(seen.size).toBeGreaterThan(10)
})

/** Two writers, some of whose entries are sealed; each `more` writes and seals on, in the same log. */
function growing(): { readonly log: MemoryLog; more(): void } {
  const scribes = ['aa', 'bb'].map((id) => new Scribe(id.repeat(16), 'gateway'))
  const sealer = new Sealer()
  const log: MemoryLog = { writers: new Map(), seal: null }
  let round = 0
  const more = () => {
    for (const scribe of scribes) for (let n = 0; n < 200; n++) scribe.batch([{ type: 'writer.heartbeat', count: scribe.seq + 1 }])
    round += 1
    sealer.round(
      scribes.map(({ id, rows, seq }) => ({ id, rows, to: seq - 3 })),
      timeAt(round),
    )
    for (const scribe of scribes) log.writers.set(scribe.id, scribe.end(null, 'held'))
    log.seal = sealer.end()
  }
  more()
  return { log, more }
}

test('a log that grows while it is read is the log of the moment when reading began', async () => {
  const { log, more } = growing()
  const moment = structuredClone(await momentOf(log))
  more()
  const report = await verifyLog(sourceAt(moment, pagesOf(log, 100)), { trust, ...tools })
  expect(report).toMatchObject({ verdict: 'intact', findings: [], entries: 402, sealed: { size: 396 } })
  expect(entriesIn(moment)).toBe(402)
  more()
  expect(await verifyLog(sourceAt(await momentOf(log), pagesOf(log, 100)), { trust, ...tools })).toMatchObject({
    verdict: 'intact',
    entries: 1202,
  })
})

test('what was cut off since is missed', async () => {
  const { log } = growing()
  const moment = await momentOf(log)
  for (const writer of log.writers.values()) writer.rows.splice(-2)
  expect(await verifyLog(sourceAt(moment, pagesOf(log, 100)), { trust, ...tools })).toMatchObject({ verdict: 'damaged' })
})

test('pages that lead nowhere are no reason to ask for ever', async () => {
  const { log } = growing()
  const pages: LogPages = pagesOf(log, 100)
  const again: LogPages = { ...pages, rows: (writer) => pages.rows(writer, 0, 5) }
  const moment = { ...(await momentOf(log)), sealed: null }
  await expect(verifyLog(sourceAt(moment, again), { trust, ...tools })).rejects.toThrow(/not asked for/)
})
