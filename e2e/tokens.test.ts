import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { readOpenDraft } from '../db/drafts'
import { identityOf, openKeys } from '../db/keys'
import { createToken } from '../db/people-tokens'
import { castVote } from '../db/reviews'
import { freshDatabase } from '../db/testing'
import { type Person, signedIn } from '../db/testing-people'
import { openWriter, type Writer } from '../db/writer'
import { countersign, makePlace, type Place } from './gateway'

let place: Place
let sql: Sql
let writer: Writer
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  sql = connect(place.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 1 })
  await writeFile(join(place.dir, 'one.yaml'), text('one'))
  await writeFile(join(place.dir, 'two.yaml'), text('two'))
})
afterAll(async () => {
  await writer?.close()
  await sql.end()
  await place.remove()
})

const text = (tool: string): string => `version: "1"\ndefault: deny\nrules:\n  - tool: ${tool}\n    action: allow\n`
const run = (words: readonly string[], token?: string) =>
  countersign(place, 'console', token === undefined ? words : [...words, '--token-file', token])
const publish = (file: string, token?: string) => run(['policy', 'publish', join(place.dir, file)], token)

/** A file with a token of this person. */
async function tokenOf({ actor }: Person): Promise<string> {
  const { token } = await createToken(writer, actor, { name: 'laptop', days: 1 })
  const file = join(place.dir, `token-${actor.id}`)
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  return file
}

test('before there is an admin whoever runs the machine publishes; after, nobody without a token does', async () => {
  expect(await publish('one.yaml')).toMatchObject({ code: 0, stdout: expect.stringContaining('version 1 is in force') })
  writer = await openWriter({ url: place.database.urlFor('console'), identity: identityOf(await openKeys(place.dataDir), 'console') })
  await signedIn(sql, writer, ['admin'], 'Ada')
  for (const words of [
    ['policy', 'publish', join(place.dir, 'two.yaml')],
    ['policy', 'rollback', '--to', '1'],
    ['pins', 'accept', 'x'],
  ])
    expect(await run(words)).toMatchObject({ code: 1, stderr: expect.stringContaining('--token-file') })
})

test('a person without the role is refused, and so is a token that nobody made', async () => {
  const viewer = await tokenOf(await signedIn(sql, writer, ['viewer'], 'Vic'))
  expect(await publish('two.yaml', viewer)).toMatchObject({ code: 1, stderr: expect.stringContaining('roles author, admin') })
  expect(await run(['pins', 'accept', 'x'], viewer)).toMatchObject({ code: 1, stderr: expect.stringContaining('roles author, admin') })
  await writeFile(join(place.dir, 'forged'), 'cst_forged')
  expect(await publish('two.yaml', join(place.dir, 'forged'))).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown') })
})

test('with two authors the command line waits for the same review as the console', async () => {
  const author = await signedIn(sql, writer, ['author'], 'Maria')
  const reviewer = await signedIn(sql, writer, ['author'], 'Jo')
  const token = await tokenOf(author)
  expect(await publish('two.yaml', token)).toMatchObject({ code: 1, stderr: expect.stringContaining('waits for a review') })
  const draft = await readOpenDraft(sql, 'default')
  if (!draft) throw new Error('there is a draft')
  expect(draft).toMatchObject({ state: 'in_review', author: author.actor.id })
  await castVote(writer, reviewer.actor, { draft: draft.id, revision: draft.revision, textDigest: draft.yamlSha256 }, 'approve', '')
  expect(await publish('two.yaml', token)).toMatchObject({ code: 0, stdout: expect.stringContaining('version 2 is in force') })
  expect(await run(['policy', 'rollback', '--to', '1'], token)).toMatchObject({ code: 2, stderr: expect.stringContaining('Say why') })
  const back = await run(['policy', 'rollback', '--to', '1', '--message', 'two broke the build'], token)
  expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('version 3 is in force') })
})
