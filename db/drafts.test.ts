import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../core/roles'
import { randomId } from './crypto'
import { abandonDraft, listRevisions, readDraft, readOpenDraft, saveDraft, submitDraft } from './drafts'
import { type Bench, openBench, policyText, saved, seenOf } from './testing-policies'

let bench: Bench
let maria: Actor
let jo: Actor
beforeAll(async () => {
  bench = await openBench()
  maria = await bench.person(['author'], 'Maria')
  jo = await bench.person(['author'], 'Jo')
})
afterAll(() => bench.close())

const save = (actor: Actor, name: string, yaml: string, more: object = {}) =>
  saveDraft(bench.writer, actor, { name, kind: 'policy', draft: null, revision: 0, base: 0, yaml, ...more })

describe('two people on one draft', () => {
  test('of two who open it at once one does, and the other is shown what they wrote', async () => {
    const outcomes = await Promise.all([save(maria, 'both', policyText('hers')), save(jo, 'both', policyText('his'))])
    expect(outcomes.map(({ is }) => is).sort()).toEqual(['conflict', 'saved'])
    const lost = outcomes.find(({ is }) => is === 'conflict')
    expect(lost).toMatchObject({ theirs: { yaml: expect.stringMatching(/hers|his/), revision: 1 } })
    expect((await bench.told('policy.refused')).at(-1)).toMatchObject({ attempt: 'save', name: 'both', fault: 'conflict' })
  })

  test('the second of two who save is shown the first one’s text, and nothing is overwritten', async () => {
    const draft = await saved(bench.writer, maria, 'swap', policyText('one'))
    const on = { draft: draft.id, revision: draft.revision }
    expect(await save(jo, 'swap', policyText('two, by Jo'), on)).toMatchObject({ is: 'saved', draft: { revision: 2, author: jo.id } })
    const late = await save(maria, 'swap', policyText('two, by Maria'), on)
    expect(late).toMatchObject({ is: 'conflict', theirs: { revision: 2, yaml: policyText('two, by Jo'), author: jo.id } })
    expect((await readOpenDraft(bench.sql, 'swap'))?.yaml).toBe(policyText('two, by Jo'))
  })

  test('twenty who save on the same revision make one new one', async () => {
    const draft = await saved(bench.writer, maria, 'crowd', policyText('start'))
    const on = { draft: draft.id, revision: 1 }
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, at) => save(at % 2 ? maria : jo, 'crowd', policyText(`n${at}`), on)))
    expect(outcomes.filter(({ is }) => is === 'saved')).toHaveLength(1)
    expect((await listRevisions(bench.sql, draft.id)).map(({ revision }) => revision)).toEqual([2, 1])
  })

  test('the same text again is no new revision, so that it voids no vote', async () => {
    const draft = await saved(bench.writer, maria, 'same', policyText('x'))
    expect(await saved(bench.writer, jo, 'same', policyText('x'), draft)).toMatchObject({ revision: 1, author: maria.id })
  })

  test('a draft that ended meanwhile takes no text any more, and the text is not lost', async () => {
    const draft = await saved(bench.writer, maria, 'ended', policyText('x'))
    await abandonDraft(bench.writer, jo, seenOf(draft), 'not needed')
    const late = await save(maria, 'ended', policyText('y'), { draft: draft.id, revision: 1 })
    expect(late).toMatchObject({ is: 'conflict', because: expect.stringContaining('abandoned') })
    expect(await readDraft(bench.sql, draft.id)).toMatchObject({ state: 'abandoned', yaml: policyText('x') })
  })
})

describe('what a draft may hold', () => {
  test('a text with errors is kept as it is, and says that it is not ready', async () => {
    const draft = await saved(bench.writer, maria, 'broken', 'rules: [')
    expect(draft).toMatchObject({ state: 'draft', digest: null })
    expect(draft.errors).toBeGreaterThan(0)
  })

  test('a good text is checked', async () => {
    expect(await saved(bench.writer, maria, 'good', policyText('x'))).toMatchObject({ state: 'checked', errors: 0, failed: 0 })
  })

  test.each([
    { text: 'of 256 KiB and a byte', yaml: '#'.repeat(256 * 1024 + 1), says: '256 KiB' },
    { text: 'with a NUL', yaml: '# \0', says: 'NUL' },
    { text: 'with half a character', yaml: '# \ud800', says: 'half a character' },
  ])('a text $text is refused with a sentence', async ({ yaml, says }) => {
    await expect(save(maria, 'unfit', yaml)).rejects.toMatchObject({ fault: 'invalid', message: expect.stringContaining(says) })
    expect(await readOpenDraft(bench.sql, 'unfit')).toBeNull()
  })

  test('a text of exactly 256 KiB is kept', async () => {
    expect(await saved(bench.writer, maria, 'large', '#'.repeat(256 * 1024))).toMatchObject({ revision: 1 })
  })

  test.each(['', 'UPPER', '../etc', 'a'.repeat(64), 'a\nb', 'x; drop table'])('no policy is called %j', async (name) => {
    await expect(save(maria, name, policyText('x'))).rejects.toMatchObject({ fault: 'invalid' })
  })

  test('a guardrail where a policy is wanted is an error of the text', async () => {
    const draft = await saved(bench.writer, maria, 'mixed', 'kind: guardrail\nversion: "1"\nrules:\n  - tool: x\n    action: deny\n')
    expect(draft).toMatchObject({ state: 'draft', errors: 1 })
  })
})

describe('asking for a review', () => {
  test('a good text goes to the reviewers, and an edit takes it back', async () => {
    const draft = await saved(bench.writer, maria, 'asked', policyText('x'))
    expect(await submitDraft(bench.writer, maria, seenOf(draft), 'please look')).toMatchObject({ state: 'in_review' })
    expect(await saved(bench.writer, jo, 'asked', policyText('y'), draft)).toMatchObject({ state: 'checked', revision: 2 })
    expect((await bench.told('policy.draft')).filter(({ name }) => name === 'asked').map(({ step }) => step)).toEqual([
      'opened',
      'submitted',
      'saved',
    ])
  })

  test('a red test keeps it with its author, and is named', async () => {
    const red = `${policyText('x')}tests:\n  - name: the secret stays\n    call: { tool: read_file }\n    expect: deny\n`
    const draft = await saved(bench.writer, maria, 'red', red)
    expect(draft).toMatchObject({ state: 'draft', tests: 1, failed: 1 })
    await expect(submitDraft(bench.writer, maria, seenOf(draft), '')).rejects.toMatchObject({
      fault: 'invalid',
      message: expect.stringContaining('the secret stays'),
    })
  })
})

describe('who may not', () => {
  test.each(['viewer', 'approver', 'auditor'] as const)('a %s saves nothing, and the attempt is kept', async (role) => {
    const actor = await bench.person([role])
    await expect(save(actor, 'theirs', policyText('x'))).rejects.toMatchObject({ fault: 'forbidden' })
    expect((await bench.told('policy.refused')).at(-1)).toMatchObject({ actor: actor.id, attempt: 'save', fault: 'forbidden' })
  })

  test('an author who was disabled a moment ago saves nothing, whatever the page believed', async () => {
    const late = await bench.person(['author'])
    await bench.superuser`update countersign.users set disabled_at = now() where id = ${late.id}`
    await expect(save(late, 'late', policyText('x'))).rejects.toMatchObject({ fault: 'unauthenticated' })
    expect(await readOpenDraft(bench.sql, 'late')).toBeNull()
  })

  test.each([
    { id: 'that never was', draft: () => randomId(), fault: 'not_found' },
    { id: 'that is no id', draft: () => "' or 1=1", fault: 'not_found' },
  ])('a draft $id is not found, and nothing is changed', async ({ draft, fault }) => {
    const seen = { draft: draft(), revision: 1, textDigest: 'a'.repeat(64) }
    await expect(abandonDraft(bench.writer, maria, seen, '')).rejects.toMatchObject({ fault })
    await expect(submitDraft(bench.writer, maria, seen, '')).rejects.toMatchObject({ fault })
  })

  test('another text’s digest, or another revision, does nothing', async () => {
    const draft = await saved(bench.writer, maria, 'shown', policyText('x'))
    for (const wrong of [{ textDigest: 'f'.repeat(64) }, { revision: 2 }])
      await expect(abandonDraft(bench.writer, maria, { ...seenOf(draft), ...wrong }, '')).rejects.toMatchObject({ fault: 'conflict' })
    expect((await readDraft(bench.sql, draft.id))?.state).toBe('checked')
  })
})

test('what was saved is never rewritten, whoever is asked', async () => {
  const draft = await saved(bench.writer, maria, 'kept', policyText('x'))
  await expect(bench.superuser`update countersign.draft_revisions set author = 'me' where draft = ${draft.id}`).rejects.toThrow(
    'never changed',
  )
  await expect(bench.superuser`delete from countersign.drafts where id = ${draft.id}`).rejects.toThrow('never changed')
  await expect(bench.superuser`update countersign.drafts set name = 'mine' where id = ${draft.id}`).rejects.toThrow('like that')
  await expect(bench.superuser`update countersign.drafts set revision = 0 where id = ${draft.id}`).rejects.toThrow('like that')
})
