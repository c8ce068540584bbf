import { expect, test } from 'vitest'
import { hasRight, PROVED_RIGHTS, RIGHTS, type Right, ROLES, requireRight } from './roles'

/** The whole of who may what, written down a second time: whoever widens a right changes two places, and a reviewer sees it. */
const TABLE: { readonly [right in Right]: string } = {
  // v: viewer, w: author, a: approver, u: auditor, r: admin
  'overview.read': 'vwaur',
  'activity.read': 'vwaur',
  'activity.reveal': 'waur',
  'view.save': 'vwaur',
  'gateway.read': 'vwaur',
  'policy.read': 'vwaur',
  'policy.draft': 'wr',
  'policy.review': 'war',
  'policy.publish': 'wr',
  'pin.read': 'vwaur',
  'pin.accept': 'wr',
  'hold.read': 'vwaur',
  'hold.decide': 'ar',
  'user.read': 'ur',
  'user.manage': 'r',
  'evidence.export': 'ur',
  'integrity.read': 'vwaur',
  'integrity.verify': 'ur',
  'alarm.end': 'r',
  'retention.hold': 'ur',
  'retention.erase': 'r',
  'settings.read': 'ur',
  'settings.manage': 'r',
  'account.self': 'vwaur',
}
const LETTERS = { viewer: 'v', author: 'w', approver: 'a', auditor: 'u', admin: 'r' } as const

const someone = (role: (typeof ROLES)[number]) => ({ id: 'x', email: 'x', name: 'x', roles: [role], session: 'x', provedMs: 0 })

test('every right is for the roles of the table and no other', () => {
  expect(Object.keys(RIGHTS).sort()).toEqual(Object.keys(TABLE).sort())
  for (const [right, letters] of Object.entries(TABLE) as [Right, string][]) {
    const may = ROLES.filter((role) => hasRight({ roles: [role] }, right))
    expect(may.map((role) => LETTERS[role]).join(''), right).toBe(letters)
    for (const role of ROLES) {
      const asked = () => requireRight(someone(role), right)
      if (may.includes(role)) expect(asked).not.toThrow()
      else expect(asked).toThrow(expect.objectContaining({ fault: 'forbidden' }))
    }
  }
})

test('nobody without a role may anything', () => {
  for (const right of Object.keys(RIGHTS) as Right[]) expect(hasRight({ roles: [] }, right), right).toBe(false)
})

test('what reaches beyond the console asks for a fresh proof', () => {
  expect([...PROVED_RIGHTS].sort()).toEqual([
    'alarm.end',
    'evidence.export',
    'policy.publish',
    'retention.erase',
    'retention.hold',
    'settings.manage',
    'user.manage',
  ])
})
