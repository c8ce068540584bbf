import { expect, test } from 'vitest'
import { type Envelope, noFacts } from '../model'
import { compileAllowedPaths } from './paths'
import { pathRows } from './paths.rows'

const call = (args: Envelope['args']): Envelope => ({
  method: 'tools/call',
  tool: 'read_text_file',
  server: 'filesystem',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: null,
  args,
})

const rows = pathRows({ root: '/srv/root', outside: '/srv/outside' })
const bound = compileAllowedPaths({ within: ['/srv/root/'] })

test.each(rows)('$call: $expected', ({ args, expected }) => {
  expect(bound.check(call(args), noFacts)).toMatchObject({ is: expected })
})
