import type { ReactNode } from 'react'

export const dynamic = 'force-dynamic'

/** Pages for those who are not in yet: no frame, and nothing that asks who they are. */
export default function EntryLayout({ children }: { readonly children: ReactNode }) {
  return children
}
