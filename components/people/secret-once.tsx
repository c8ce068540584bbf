'use client'

import type { ReactNode } from 'react'
import { CopyButton } from '../ui/copy-button'

/** What is shown once: selected by a click, copied by a button, and gone with the dialog. */
export function SecretOnce({ label, secret, children }: { readonly label: string; readonly secret: string; readonly children: ReactNode }) {
  return (
    <div className="space-y-2">
      <p className="text-sm">{children}</p>
      <div className="flex items-start rounded-md border border-line bg-sunken">
        <output aria-label={label} className="min-w-0 flex-1 select-all break-all px-3 py-1.5 font-mono text-sm">
          {secret}
        </output>
        <CopyButton text={secret} label={`Copy: ${label}`} />
      </div>
    </div>
  )
}
