import type { Metadata, Viewport } from 'next'
import { cookies, headers } from 'next/headers'
import type { ReactNode } from 'react'
import { THEME_COOKIE, themeFrom } from '../components/frame/theme'
import './globals.css'

export const metadata: Metadata = { title: { default: 'Countersign', template: '%s · Countersign' } }
export const viewport: Viewport = { width: 'device-width', initialScale: 1, colorScheme: 'light dark' }

/** The colours come from a cookie, so that the first picture is right; the nonce of the scripts makes every page one of its own. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const [jar, received] = await Promise.all([cookies(), headers()])
  return (
    <html lang="en" data-theme={themeFrom(jar.get(THEME_COOKIE)?.value)} data-styles={received.get('x-countersign-styles') ?? 'strict'}>
      <body>{children}</body>
    </html>
  )
}
