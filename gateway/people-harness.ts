import type { People } from './people'

const unasked = (): never => {
  throw new Error('nobody is asked here')
}

/** For tests: people who are never asked. */
export const nobody: People = {
  find: () => null,
  ask: async () => null,
  anew: (call) => call,
  wait: unasked,
  claim: unasked,
  resume: unasked,
  catchUp: async () => {},
  drop: unasked,
  withdraw: unasked,
  release: () => {},
}
