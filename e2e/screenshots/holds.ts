import type { Actor } from '../../core/roles'
import { connect, type Sql } from '../../db/connect'
import { openConsoleSecret } from '../../db/console-secret'
import { openGrant, revokeGrant } from '../../db/hold-grants'
import { holdCard } from '../../db/inbox'
import { identityOf, openKeys } from '../../db/keys'
import { addTarget } from '../../db/notice-targets'
import { sealingKey } from '../../db/sealing'
import { openWish, type Wish } from '../../db/testing-holds'
import { castHoldVote } from '../../db/votes'
import { openWriter, type Writer } from '../../db/writer'
import { type Console, throughWriter } from '../console'

type Deciders = { readonly maria: Actor; readonly jo: Actor }
type Ground = Deciders & { readonly sql: Sql; readonly gateway: Writer; readonly desk: Writer; readonly policy: Partial<Wish> }

/** Calls that wait, that were decided, and what was let through for a while. Answers the one that a card is pictured of. */
export async function heldCalls(opened: Console, people: Deciders, policy: Partial<Wish>, crowd: number): Promise<string> {
  const sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'pictures', max: 2 })
  const gateway = await openWriter({
    url: opened.database.urlFor('gateway'),
    identity: identityOf(await openKeys(opened.dataDir), 'gateway'),
  })
  try {
    return await throughWriter(opened, async (desk) => {
      const ground = { ...people, sql, gateway, desk, policy }
      await decided(ground, crowd)
      await destinations(ground, sealingKey(await openConsoleSecret(opened.dataDir)))
      await crowded(opened, crowd)
      return await waiting(ground)
    })
  } finally {
    await gateway.close()
    await sql.end()
  }
}

const asked = (quorum: number) => ({
  approvals: [{ approvers: ['approver', 'admin'], quorum, expiresMs: 900_000, useWithinMs: 300_000, notify: [] }],
})
const BOT = {
  ...asked(1),
  principal: 'agent:build-bot',
  server: 'files',
  tool: 'write_file',
  rule: 'change',
  reason: 'Changes need a person',
}
const BEFORE =
  '# Week 47\n\n- 412 builds, 9 failed\n- Slowest step: integration, 4 min 51 s\n- Flaky: none\n\nNext week: split the integration step.\n'
const NOW = BEFORE.replace('412 builds, 9 failed', '438 builds, 12 failed').replace('Flaky: none', 'Flaky: upload.spec, twice')

const held = ({ gateway, policy }: Ground, wish: Wish): Promise<string> => openWish(gateway, { ...BOT, ...policy, ...wish })

async function vote({ sql, desk }: Ground, person: Actor, hold: string, verdict: 'approve' | 'deny', reason = ''): Promise<string> {
  const shown = await holdCard(sql, hold)
  if (!shown) throw new Error(`there is no hold ${hold}`)
  await castHoldVote(desk, person, { hold, binding: shown.hold.binding, displayed: shown.displayed, verdict, reason })
  return shown.displayed
}

async function decided(ground: Ground, crowd: number): Promise<void> {
  const report = await held(ground, { args: { path: '/srv/reports/week-47.md', content: BEFORE } })
  const displayed = await vote(ground, ground.maria, report, 'approve')
  const choices = [{ name: 'path', bound: { is: 'within', folder: '/srv/reports' } }] as const
  await openGrant(ground.desk, ground.maria, { hold: report, displayed, choices, uses: 20, minutes: 60 })
  const issue = await held(ground, { server: 'github', tool: 'create_issue', args: { title: 'Flaky upload.spec', labels: ['flaky'] } })
  const given = { hold: issue, displayed: await vote(ground, ground.jo, issue, 'approve'), choices: [], uses: 5, minutes: 30 }
  await revokeGrant(ground.desk, ground.maria, (await openGrant(ground.desk, ground.jo, given)).id)
  const mail = await held(ground, { server: 'mail', tool: 'send_mail', args: { to: 'all@example.org', subject: 'Week 47', body: NOW } })
  await vote(ground, ground.jo, mail, 'deny', 'Reports go to the team, not to everybody.')
  for (let n = 0; n < Math.min(crowd, 8); n++) {
    const hold = await held(ground, { ...CROWD[n % CROWD.length], args: { path: `/srv/reports/day-${n}.md`, content: `Day ${n}\n` } })
    await vote(ground, n % 2 ? ground.maria : ground.jo, hold, 'deny', 'Not this one.')
  }
}

const CROWD: readonly Wish[] = [
  {},
  { server: 'github', tool: 'create_issue', principal: 'agent:triage' },
  {
    server: 'postgres',
    tool: 'query',
    principal: 'agent:reports',
    rule: 'ask-before-change',
    reason: 'Writes to the ledger need a person',
  },
  { server: 'mail', tool: 'send_mail', principal: 'oauth:support' },
]

const soon = (minutes: number): Partial<Wish> => ({ decideByMs: Date.now() + minutes * 60_000 })

async function waiting(ground: Ground): Promise<string> {
  const query = 'update invoices set state = $$paid$$ where customer = 4711 returning id'
  await held(ground, { ...CROWD[2], ...soon(240), ...asked(2), args: { sql: query, limit: 50 } })
  await held(ground, {
    ...{ ...soon(260), server: 'files\u200B', tool: 'write_file\u202Eelif_daer', principal: 'agent:rep\u202Estro' },
    ...{ reason: '<script>alert(1)</script>', args: { path: '/srv/\u202Egnp.exe', content: '\u001b[31mred' } },
  })
  const args = { path: '/srv/reports/week-48.md', content: NOW.replace('47', '48') }
  return held(ground, { ...soon(190), args })
}

/** Written past the gateway: they are for looking at in a list. */
async function crowded({ database }: Console, crowd: number): Promise<void> {
  const sql = connect(database.urlFor('gateway'), { purpose: 'bulk', application: 'pictures' })
  await sql`
    insert into countersign.holds (id, call, opened_by, likeness, binding, principal, assurance, server, tool, arguments, params, policy, epoch, rule,
      nonce, approvals, decide_by, use_within_ms)
    select 'H-' || translate(upper(substr(md5(n::text), 1, 10)), 'ILOU', '0123'), md5('call' || n), repeat('a', 32), repeat('b', 64),
      md5('x' || n) || md5('y' || n), (array['agent:build-bot', 'agent:triage', 'agent:reports', 'oauth:support'])[1 + n % 4], 'asserted',
      (array['files', 'github', 'postgres', 'mail'])[1 + n % 4], (array['"write_file"', '"create_issue"', '"query"', '"send_mail"'])[1 + n % 4],
      '{"path":"/srv/a"}'::bytea, '{}'::bytea, repeat('c', 64), 1, 'change', 'n', '[{"approvers":["approver","admin"],"quorum":1}]'::jsonb,
      clock_timestamp() + (n * 3 + 300) * interval '1 minute', 300000
    from generate_series(1, ${crowd}::int) n`
  await sql.end()
}

async function destinations({ desk, maria }: Ground, key: ReturnType<typeof sealingKey>): Promise<void> {
  const at = { writer: desk, actor: maria, key, reach: 'public' } as const
  await addTarget(at, { kind: 'slack', name: 'on call', url: 'https://hooks.example.org/T0/B0/x', events: ['hold.open'] })
  await addTarget(at, { kind: 'webhook', name: 'audit trail', url: 'https://audit.example.org/in', events: ['hold.open'] })
}
