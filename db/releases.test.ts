import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documentText } from '../core/policy/digest'
import type { Actor } from '../core/roles'
import { examined } from './draft-text'
import { readDraft, submitDraft } from './drafts'
import { listVersions, readVersion } from './policies'
import { publishText } from './publishing'
import { publishDraft, publishWhole, rollBack, versionInForce } from './releases'
import { castVote } from './reviews'
import { changeReview, isReviewRequired, type ReviewSetting, readSettings } from './settings'
import { type Bench, openBench, policyText, saved, seenOf } from './testing-policies'

let bench: Bench
let author: Actor
let other: Actor
let admin: Actor
beforeAll(async () => {
  bench = await openBench()
  author = await bench.person(['author'])
  other = await bench.person(['author'])
  admin = await bench.person(['admin'])
})
afterAll(() => bench.close())

const setReview = async (review: ReviewSetting) => changeReview(bench.writer, admin, review, (await readSettings(bench.sql)).revision)
const publish = (actor: Actor, draft: Parameters<typeof seenOf>[0], message = '') =>
  publishDraft(bench.desk, actor, seenOf(draft), message, Date.now())
const reviewed = async (name: string, text: string, base = 0) => {
  const draft = await submitDraft(bench.writer, author, seenOf(await saved(bench.writer, author, name, text, null, base)), '')
  return castVote(bench.writer, other, seenOf(draft), 'approve', '')
}

describe('with reviews', () => {
  beforeEach(() => setReview('on'))

  test('an approved text goes in force, and the log says who wrote, who approved and who published it', async () => {
    const draft = await reviewed('default', policyText('one'))
    const done = await publish(admin, draft, 'first')
    expect(await versionInForce(bench.sql, 'default')).toBe(done.version)
    expect(await readVersion(bench.sql, 'default')).toMatchObject({ author: author.id, message: 'first', yaml: policyText('one') })
    expect(await readDraft(bench.sql, draft.id)).toMatchObject({ state: 'published', publishedAs: done.version })
    expect((await bench.told('policy.publish')).at(-1)).toMatchObject({
      actor: admin.id,
      authors: [author.id],
      approvedBy: [other.id],
      review: 'required',
      draft: draft.id,
      textDigest: draft.yamlSha256,
      commitments: { message: expect.any(String) },
    })
  })

  test('a text that nobody else approved stays where it is', async () => {
    const draft = await saved(bench.writer, author, 'alone', policyText('x'))
    for (const actor of [author, admin]) await expect(publish(actor, draft)).rejects.toMatchObject({ fault: 'forbidden' })
    expect(await versionInForce(bench.sql, 'alone')).toBe(0)
    expect((await bench.told('policy.refused')).at(-1)).toMatchObject({
      actor: admin.id,
      attempt: 'publish',
      name: 'alone',
      fault: 'forbidden',
    })
  })

  test('an approval is for the text that was approved: one changed letter and it is gone', async () => {
    const approved = await reviewed('changed', policyText('x'))
    const changed = await saved(bench.writer, author, 'changed', policyText('y'), approved)
    await expect(publish(author, approved)).rejects.toMatchObject({ fault: 'conflict' })
    await expect(publish(author, changed)).rejects.toMatchObject({ fault: 'forbidden' })
  })

  test('an approval for the same text in an earlier revision is gone too', async () => {
    const approved = await reviewed('back', policyText('x'))
    const changed = await saved(bench.writer, author, 'back', policyText('y'), approved)
    const same = await saved(bench.writer, author, 'back', policyText('x'), changed)
    await expect(publish(author, same)).rejects.toMatchObject({ fault: 'forbidden' })
  })

  test('an approval that was written into the table by the author’s own hand counts for nothing', async () => {
    const draft = await saved(bench.writer, author, 'forged', policyText('x'))
    await bench.superuser`insert into countersign.reviews (draft, revision, vote, yaml_sha256, reviewer, verdict, message)
      values (${draft.id}, 1, 1, ${draft.yamlSha256}, ${author.id}, 'approve', '')`
    await expect(publish(author, draft)).rejects.toMatchObject({ fault: 'forbidden' })
  })

  test('a whole text from outside waits for its review, and goes in force when it is run again', async () => {
    const text = { name: 'whole', kind: 'policy', yaml: policyText('whole'), message: 'from a file' } as const
    await expect(publishWhole(bench.desk, author, text, Date.now())).rejects.toMatchObject({ fault: 'forbidden' })
    await expect(publishWhole(bench.desk, author, text, Date.now())).rejects.toMatchObject({ fault: 'forbidden' })
    const [draft] = await bench.sql<{ id: string }[]>`select id from countersign.drafts where name = 'whole'`
    const found = await readDraft(bench.sql, draft?.id ?? '')
    if (!found) throw new Error('the draft is there')
    await castVote(bench.writer, other, seenOf(found), 'approve', '')
    expect(await publishWhole(bench.desk, author, text, Date.now())).toMatchObject({ name: 'whole', version: 1 })
  })
})

describe('without reviews', () => {
  beforeEach(() => setReview('off'))

  test('the author publishes, and the log says that nobody had to approve', async () => {
    await publish(author, await saved(bench.writer, author, 'free', policyText('x')))
    expect((await bench.told('policy.publish')).at(-1)).toMatchObject({ review: 'not_required', approvedBy: [] })
  })

  test.each([
    { text: 'with an error', yaml: 'version: "1"\nrulez: []\n', says: 'rulez' },
    {
      text: 'with a red test',
      yaml: `${policyText('x')}tests:\n  - name: no secrets\n    call: { tool: read_file }\n    expect: deny\n`,
      says: 'no secrets',
    },
  ])('a text $text is refused with its reason, and what is in force stays', async ({ yaml, says }) => {
    const before = await versionInForce(bench.sql, 'default')
    const draft = await saved(bench.writer, author, 'red', yaml, await openOf('red'))
    await expect(publish(author, draft)).rejects.toMatchObject({ fault: 'invalid', message: expect.stringContaining(says) })
    expect(await versionInForce(bench.sql, 'default')).toBe(before)
    expect(await versionInForce(bench.sql, 'red')).toBe(0)
  })

  test('a text that was made from an older version is refused in one sentence and can be based anew', async () => {
    await publish(author, await saved(bench.writer, author, 'stale', policyText('1')))
    const stale = await saved(bench.writer, author, 'stale', policyText('2'), null, 1)
    await publishElsewhere('stale', policyText('other'))
    await expect(publish(author, stale)).rejects.toMatchObject({
      fault: 'conflict',
      message: expect.stringMatching(/base the draft on version \d+\.$/),
    })
    const anew = await saved(bench.writer, author, 'stale', policyText('2'), stale, await versionInForce(bench.sql, 'stale'))
    expect(anew.revision).toBe(2)
    await publish(author, anew)
    expect((await readVersion(bench.sql, 'stale'))?.yaml).toBe(policyText('2'))
  })

  test('of two who publish the same draft one does, and there is one version', async () => {
    const draft = await saved(bench.writer, author, 'twice', policyText('x'))
    const outcomes = await Promise.allSettled([publish(author, draft), publish(admin, draft)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { fault: 'conflict' } })
    expect(await listVersions(bench.sql, 'twice')).toHaveLength(1)
  })

  test('the text that is in force already is not published again', async () => {
    await publish(author, await saved(bench.writer, author, 'again', policyText('x')))
    const same = await saved(bench.writer, author, 'again', policyText('x'), null, 1)
    await expect(publish(author, same)).rejects.toMatchObject({ fault: 'conflict', message: expect.stringContaining('version 1') })
  })

  test('somebody whose role went a moment ago publishes nothing', async () => {
    const late = await bench.person(['author'])
    const draft = await saved(bench.writer, author, 'demoted', policyText('x'))
    await bench.superuser`update countersign.users set roles = '{viewer}' where id = ${late.id}`
    await expect(publish(late, draft)).rejects.toMatchObject({ fault: 'forbidden' })
  })
})

const openOf = async (name: string) => {
  const [row] = await bench.sql<
    { id: string }[]
  >`select id from countersign.drafts where name = ${name} and state not in ('published', 'abandoned')`
  return row ? readDraft(bench.sql, row.id) : null
}

/** Somebody else’s version, from the command line, while a draft is open. */
const publishElsewhere = async (name: string, yaml: string) => {
  const { digest, document, textDigest } = examined(yaml, 'policy')
  if (!digest || !document) throw new Error('the text is good')
  const added = {
    name,
    kind: 'policy' as const,
    digest,
    document: documentText(document),
    yaml,
    yamlSha256: textDigest,
    author: 'x',
    message: '',
  }
  await bench.writer.commit(async (tx) => {
    const done = await publishText(tx, { ...bench.desk.publisher, actor: 'local' }, added, Date.now())
    return { entries: [done.entry], result: done }
  })
}

describe('a rollback', () => {
  const back = (actor: Actor, more: object = {}) =>
    rollBack(bench.desk, actor, { name: 'roll', to: 1, inForce: null, reason: 'the agents stand still', ...more }, Date.now())
  beforeAll(async () => {
    await setReview('off')
    await publish(author, await saved(bench.writer, author, 'roll', policyText('1')))
    await publish(author, await saved(bench.writer, author, 'roll', policyText('2', 'deny'), null, 1))
  })

  test('needs a reason', async () => {
    await expect(back(author, { reason: ' ' })).rejects.toMatchObject({ fault: 'invalid' })
  })

  test('goes in force as a new version at once, reviews or not, and is kept as what it is', async () => {
    await setReview('on')
    const done = await back(author)
    expect(done).toMatchObject({ version: 3 })
    expect(await readVersion(bench.sql, 'roll')).toMatchObject({
      yaml: policyText('1'),
      author: author.id,
      message: 'the agents stand still',
    })
    expect((await bench.told('policy.rollback')).at(-1)).toMatchObject({ actor: author.id, restores: 1, version: 3 })
  })

  test.each([
    { why: 'a version that never was', more: { to: 9 }, fault: 'not_found' },
    { why: 'what is in force', more: {}, fault: 'conflict' },
    { why: 'another version than the page showed as in force', more: { to: 2, inForce: 2 }, fault: 'conflict' },
  ])('to $why is refused', async ({ more, fault }) => {
    await expect(back(author, more)).rejects.toMatchObject({ fault })
    expect(await listVersions(bench.sql, 'roll')).toHaveLength(3)
  })

  test.each(['viewer', 'approver', 'auditor'] as const)('is nothing for a %s', async (role) => {
    await expect(back(await bench.person([role]), { to: 2 })).rejects.toMatchObject({ fault: 'forbidden' })
  })
})

describe('the setting', () => {
  test('auto asks for a review as soon as two people may author, and no sooner', async () => {
    await setReview('auto')
    expect(await isReviewRequired(bench.sql)).toBe(true)
    await bench.superuser`update countersign.users set disabled_at = now() where id <> ${admin.id} and disabled_at is null`
    expect(await isReviewRequired(bench.sql)).toBe(false)
    await bench.superuser`update countersign.users set disabled_at = null where id = ${author.id} or id = ${other.id}`
    expect(await isReviewRequired(bench.sql)).toBe(true)
  })

  test('of two who change it at once the second hears so', async () => {
    const { revision } = await readSettings(bench.sql)
    const changes = [changeReview(bench.writer, admin, 'on', revision), changeReview(bench.writer, admin, 'off', revision)]
    expect((await Promise.allSettled(changes)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect((await bench.told('config.review')).at(-1)).toMatchObject({ actor: admin.id, before: 'auto', after: 'on' })
  })

  test.each(['author', 'viewer', 'approver', 'auditor'] as const)('is no matter for a %s', async (role) => {
    const { revision } = await readSettings(bench.sql)
    await expect(changeReview(bench.writer, await bench.person([role]), 'off', revision)).rejects.toMatchObject({ fault: 'forbidden' })
    expect((await readSettings(bench.sql)).review).toBe('on')
  })
})
