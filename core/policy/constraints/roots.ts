import type { Spot } from './spots'

type Node = { readonly children: Map<string, Node>; isRoot: boolean }

const makeNode = (): Node => ({ children: new Map(), isRoot: false })

/** A set of folders as a trie of components. */
export class Roots {
  private readonly anchors = new Map<string, Node>()
  private readonly posix = makeNode()

  constructor(
    spots: Iterable<Spot>,
    private readonly form: (part: string) => string = (part) => part,
  ) {
    this.anchors.set('/', this.posix)
    for (const spot of spots) this.add(spot)
  }

  private add({ anchor, parts }: Spot): void {
    let node = this.anchors.get(anchor) ?? makeNode()
    this.anchors.set(anchor, node)
    for (const part of parts) {
      const key = this.form(part)
      const next = node.children.get(key) ?? makeNode()
      node.children.set(key, next)
      node = next
    }
    node.isRoot = true
  }

  /** A root is inside itself. */
  contain(spot: Spot): boolean {
    return this.relationOf(spot) === 'inside'
  }

  /** `above`: a root lies somewhere below the spot. */
  relationOf({ anchor, parts }: Spot): 'inside' | 'above' | 'apart' {
    let node = this.anchors.get(anchor)
    if (!node) return 'apart'
    for (const part of parts) {
      if (node.isRoot) return 'inside'
      node = node.children.get(this.form(part))
      if (!node) return 'apart'
    }
    if (node.isRoot) return 'inside'
    return node.children.size > 0 ? 'above' : 'apart'
  }

  /** The same question for a path that `isClean`, without taking it apart first. */
  containClean(path: string): boolean {
    let node: Node | undefined = this.posix
    let start = 1
    while (!node.isRoot) {
      const end = path.indexOf('/', start)
      node = node.children.get(end < 0 ? path.slice(start) : path.slice(start, end))
      if (!node) return false
      if (end < 0) return node.isRoot
      start = end + 1
    }
    return true
  }
}
