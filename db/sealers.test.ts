import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from './connect'
import { listSealers, retireSealer, sealerId } from './sealers'
import { freshDatabase } from './testing'
import { SealingLog } from './testing-sealing'
import { openWriter } from './writer'

let log: SealingLog
beforeEach(async () => {
  log = new SealingLog(await freshDatabase())
})
afterEach(() => log.close())

const sealers = async () => {
  const sql = connect(log.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  try {
    return await listSealers(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function retire(id: string, because = 'the machine is gone'): Promise<void> {
  const writer = await openWriter({ url: log.database.urlFor('console'), identity: log.made.identity('console') })
  try {
    await retireSealer(writer, { person: null, founder: 'local:ada@host' }, { id, because })
  } finally {
    await writer.close()
  }
}

/** Two that are enrolled, the first of which seals. */
async function two() {
  const folders = [await log.folder(), await log.folder()] as const
  const one = log.startSealer(folders[0], { name: 'one' })
  const writer = await log.openWriter()
  await log.sealed(writer.id)
  const standby = log.startSealer(folders[1], { name: 'two "quoted"' })
  await expect.poll(async () => (await sealers()).length).toBe(2)
  const ids = await Promise.all(folders.map(sealerId))
  return { folders, one, standby, ids, writer }
}

const ended = (running: Promise<void>) =>
  running.then(
    () => null,
    (error: unknown) => error,
  )

test('a third machine is refused in one sentence that names the two and what to do; the two go on', async () => {
  const { ids, writer, one, folders } = await two()
  const third = log.startSealer(await log.folder(), { name: 'three' })
  expect(await ended(third.running)).toMatchObject({
    fault: 'conflict',
    message:
      `Two machines seal this log already, "one" (${ids[0]}) and "two \\"quoted\\"" (${ids[1]}): ` +
      'retire one with `countersign sealer retire ID --because TEXT` before a third starts.',
  })
  await log.write(writer, 3)
  await log.sealed(writer.id)
  // A restart is no third machine.
  await one.stop()
  log.startSealer(folders[0], { name: 'one' })
  await log.write(writer, 3)
  await log.sealed(writer.id)
  expect((await sealers()).map(({ id, retired }) => ({ id, retired })).sort((a, b) => a.id.localeCompare(b.id))).toEqual(
    ids.map((id) => ({ id, retired: null })).sort((a, b) => a.id.localeCompare(b.id)),
  )
})

test('of many that start at once two are enrolled', async () => {
  const folders = await Promise.all(Array.from({ length: 6 }, () => log.folder()))
  const refused: unknown[] = []
  for (const folder of folders) void ended(log.startSealer(folder).running).then((error) => refused.push(error))
  await expect.poll(() => refused.length).toBe(4)
  expect(await sealers()).toHaveLength(2)
})

test('one that is retired stops at once and for good, the log hears of it, and another machine may seal', async () => {
  const { ids, one, standby, writer } = await two()
  await retire(ids[0] ?? '')
  expect(await ended(one.running)).toMatchObject({ fault: 'conflict', message: expect.stringContaining('was retired') })
  await standby.stop()
  log.startSealer(await log.folder(), { name: 'three' })
  await log.write(writer, 3)
  await log.sealed(writer.id)
  const [gone] = (await sealers()).filter(({ retired }) => retired)
  expect(gone).toMatchObject({ id: ids[0], retired: { by: 'local:ada@host', because: 'the machine is gone' } })
  const [entry] = await log.admin<{ body: string }[]>`select body from countersign.entries where type = 'config.sealers'`
  expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
    ...{ actor: 'local:ada@host', before: { sealer: ids[0], name: 'one' } },
    after: { sealer: ids[0], name: 'one', retired: 'the machine is gone' },
  })
  await expect(retire(ids[0] ?? '')).rejects.toMatchObject({ fault: 'not_found' })
  await expect(retire('0'.repeat(32))).rejects.toMatchObject({ fault: 'not_found' })
  await expect(retire(ids[1] ?? '', ' ')).rejects.toMatchObject({ fault: 'invalid' })
})

test('a machine keeps its id, and one that is damaged is told of', async () => {
  const folder = await log.folder()
  const ids = await Promise.all(Array.from({ length: 4 }, () => sealerId(folder)))
  expect(new Set(ids).size).toBe(1)
  expect((await readFile(join(folder, 'state', 'sealer'), 'utf8')).trim()).toBe(ids[0])
  await writeFile(join(folder, 'state', 'sealer'), 'x')
  await expect(sealerId(folder)).rejects.toMatchObject({ fault: 'invalid', message: expect.stringContaining('is damaged') })
})
