import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import './globals.css'

export const metadata: Metadata = { title: { default: 'Decisions · Countersign', template: '%s · Countersign' } }
export const viewport: Viewport = { width: 'device-width', initialScale: 1, colorScheme: 'light dark' }

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body className="mx-auto max-w-6xl px-4 py-6 md:px-8 md:py-10">
        <header className="flex items-center gap-2 pb-6 text-quiet text-sm">
          <svg viewBox="0 0 16 16" className="size-4 text-accent" aria-hidden="true">
            <path d="M8 1.2 14.8 8 8 14.8 1.2 8Z" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" />
          </svg>
          <span className="font-medium text-ink">Countersign</span>
        </header>
        <main>{children}</main>
      </body>
    </html>
  )
}
