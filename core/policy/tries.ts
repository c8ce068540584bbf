/** A radix trie over UTF-16 units. `values` stand at the node where their key ends. */
export type Trie<T> = { label: string; readonly values: T[]; readonly children: Map<number, Trie<T>> }

/** From the start of a name (prefixes) or from its end (suffixes). */
export type End = 'start' | 'end'

export const makeTrie = <T>(): Trie<T> => ({ label: '', values: [], children: new Map() })

/** Files `value` under `key`, which names must start with (or end with, in a trie read from the end). */
export function fileUnder<T>(trie: Trie<T>, key: string, end: End, value: T): void {
  const path = end === 'start' ? key : reversed(key)
  let node = trie
  let at = 0
  while (at < path.length) {
    const next = node.children.get(path.charCodeAt(at))
    if (!next) {
      node.children.set(path.charCodeAt(at), { label: path.slice(at), values: [value], children: new Map() })
      return
    }
    node = splitAt(node, next, sharedLength(next.label, path, at))
    at += node.label.length
  }
  node.values.push(value)
}

/** Calls `visit` with every value whose key the name starts (or ends) with, shortest key first. */
export function visitAlong<T>(trie: Trie<T>, name: string, end: End, visit: (value: T) => void): void {
  const last = name.length - 1
  let node: Trie<T> | undefined = trie
  let at = 0
  while (node) {
    for (const value of node.values) visit(value)
    node = at <= last ? node.children.get(name.charCodeAt(end === 'start' ? at : last - at)) : undefined
    if (!node || !follows(node.label, name, end, at)) return
    at += node.label.length
  }
}

function follows(label: string, name: string, end: End, at: number): boolean {
  if (end === 'start') return name.startsWith(label, at)
  const last = name.length - 1
  for (let on = 0; on < label.length; on++) if (label.charCodeAt(on) !== name.charCodeAt(last - at - on)) return false
  return true
}

/** Makes the first `shared` units of a child a node of their own, unless they are the whole child. */
function splitAt<T>(parent: Trie<T>, child: Trie<T>, shared: number): Trie<T> {
  if (shared === child.label.length) return child
  const head: Trie<T> = { label: child.label.slice(0, shared), values: [], children: new Map([[child.label.charCodeAt(shared), child]]) }
  parent.children.set(child.label.charCodeAt(0), head)
  child.label = child.label.slice(shared)
  return head
}

function sharedLength(label: string, path: string, at: number): number {
  let length = 0
  while (length < label.length && label.charCodeAt(length) === path.charCodeAt(at + length)) length++
  return length
}

/** By UTF-16 unit: a pair of surrogates is turned round too, as the walk from the end reads it. */
function reversed(text: string): string {
  let back = ''
  for (let at = text.length - 1; at >= 0; at--) back += text.charAt(at)
  return back
}
