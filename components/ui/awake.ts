import { useSyncExternalStore } from 'react'

const never = () => () => undefined
const yes = () => true
const no = () => false

/**
 * Whether what is shown answers a press. What the server drew does not until its scripts have come: a button that looked ready would
 * swallow the press.
 */
export const useAwake = (): boolean => useSyncExternalStore(never, yes, no)
