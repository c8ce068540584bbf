import { readShown, type Shown, shownText } from './arguments'
import { TRACE_KEYS } from './binding'

/**
 * Everything of a call's `params` that runs and is no argument, in one text as arguments are: `{}` where there is nothing. The name of the tool
 * is left out where it is the one that is shown, and so are trace keys: what was stored under those is never forwarded. Null for bytes that
 * are no params.
 */
export function besideText(params: Uint8Array, tool: string): string | null {
  const shown = readShown(params)
  if (shown?.is !== 'object') return null
  const beside = shown.members.flatMap((member) => {
    const { key, value } = member
    if (key === 'arguments' || (key === 'name' && value.is === 'text' && value.text === tool)) return []
    if (key !== '_meta' || value.is !== 'object') return [member]
    const lasting = value.members.filter(({ key: name }) => !TRACE_KEYS.has(name))
    return lasting.length === 0 ? [] : [{ key, value: { is: 'object', members: lasting } satisfies Shown }]
  })
  return shownText({ is: 'object', members: beside })
}
