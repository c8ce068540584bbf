import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../core/roles'
import { readDraft, submitDraft } from './drafts'
import { castVote, draftsToReview, listVotes, standingOf } from './reviews'
import { type Bench, openBench, policyText, saved, seenOf } from './testing-policies'

let bench: Bench
let author: Actor
let reviewer: Actor
beforeAll(async () => {
  bench = await openBench()
  author = await bench.person(['author'])
  reviewer = await bench.person(['author'])
})
afterAll(() => bench.close())

const submitted = async (name: string) => {
  const draft = await saved(bench.writer, author, name, policyText(name))
  return submitDraft(bench.writer, author, seenOf(draft), '')
}
const approve = (actor: Actor, draft: Parameters<typeof seenOf>[0]) => castVote(bench.writer, actor, seenOf(draft), 'approve', '')

test('somebody else approves, and it is kept with the digest of the text', async () => {
  const draft = await submitted('approved')
  expect((await draftsToReview(bench.sql, reviewer.id)).map(({ name }) => name)).toContain('approved')
  expect(await approve(reviewer, draft)).toMatchObject({ state: 'approved' })
  expect(await draftsToReview(bench.sql, reviewer.id)).toEqual([])
  expect((await bench.told('policy.review')).at(-1)).toMatchObject({ actor: reviewer.id, textDigest: draft.yamlSha256, verdict: 'approve' })
})

test('nobody reviews what they wrote a revision of, however small and however long ago', async () => {
  const draft = await saved(bench.writer, reviewer, 'own', policyText('first'))
  const later = await saved(bench.writer, author, 'own', policyText('second'), draft)
  const asked = await submitDraft(bench.writer, author, seenOf(later), '')
  for (const writer of [author, reviewer]) await expect(approve(writer, asked)).rejects.toMatchObject({ fault: 'forbidden' })
  expect(await listVotes(bench.sql, draft.id)).toEqual([])
  expect((await bench.told('policy.refused')).at(-1)).toMatchObject({ actor: reviewer.id, attempt: 'review', fault: 'forbidden' })
})

test('a vote on a text that changed a moment ago is no vote', async () => {
  const draft = await submitted('moving')
  await saved(bench.writer, author, 'moving', policyText('another'), draft)
  await expect(approve(reviewer, draft)).rejects.toMatchObject({ fault: 'conflict' })
})

test('a vote and an edit that race: the vote is on the old text or on none, never on the new one', async () => {
  for (let round = 0; round < 10; round++) {
    const draft = await submitted(`race-${round}`)
    await Promise.allSettled([approve(reviewer, draft), saved(bench.writer, author, draft.name, policyText('edited'), draft)])
    const now = await readDraft(bench.sql, draft.id)
    if (!now) throw new Error('the draft is there')
    expect(now.revision).toBe(2)
    expect(await standingOf(bench.sql, now)).toEqual({ approvedBy: [], changesWantedBy: [] })
    expect((await listVotes(bench.sql, draft.id)).every(({ revision }) => revision === 1)).toBe(true)
  }
})

test('a wish for changes stands against an approval, until its author takes it back', async () => {
  const draft = await submitted('disputed')
  const third = await bench.person(['admin'])
  await approve(reviewer, draft)
  expect(await castVote(bench.writer, third, seenOf(draft), 'request_changes', 'not /etc')).toMatchObject({ state: 'in_review' })
  expect(await approve(third, draft)).toMatchObject({ state: 'approved' })
  expect((await listVotes(bench.sql, draft.id)).map(({ verdict }) => verdict)).toEqual(['approve', 'request_changes', 'approve'])
})

test('a wish for changes says what should change', async () => {
  const draft = await submitted('mute')
  await expect(castVote(bench.writer, reviewer, seenOf(draft), 'request_changes', '  ')).rejects.toMatchObject({ fault: 'invalid' })
})

test('the approval of somebody who was disabled since counts no more', async () => {
  const draft = await submitted('left')
  const gone = await bench.person(['author'])
  const approved = await approve(gone, draft)
  await bench.superuser`update countersign.users set disabled_at = now() where id = ${gone.id}`
  expect(await standingOf(bench.sql, approved)).toMatchObject({ approvedBy: [] })
})

test('nobody votes before somebody asked', async () => {
  const draft = await saved(bench.writer, author, 'early', policyText('early'))
  await expect(approve(reviewer, draft)).rejects.toMatchObject({ fault: 'conflict', message: expect.stringContaining('asked') })
})

test('an approver, who writes none, reviews what others wrote', async () => {
  const approver = await bench.person(['approver'])
  expect(await approve(approver, await submitted('by-approver'))).toMatchObject({ state: 'approved' })
})

test.each(['viewer', 'auditor'] as const)('a %s has no vote', async (role) => {
  const draft = await submitted(`no-${role}`)
  await expect(approve(await bench.person([role]), draft)).rejects.toMatchObject({ fault: 'forbidden' })
})

test('a vote that was cast is never rewritten', async () => {
  await approve(reviewer, await submitted('final'))
  await expect(bench.superuser`update countersign.reviews set verdict = 'approve'`).rejects.toThrow('never changed')
})
