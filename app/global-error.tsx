'use client'

import { Bare } from '../components/frame/bare'
import { Failure } from '../components/frame/failure'
import './globals.css'

/** The layout of every page failed: this is all there is. */
export default function GlobalError(props: { readonly error: unknown; readonly retry: () => void }) {
  return (
    <html lang="en" data-theme="system">
      <body>
        <Bare>
          <Failure {...props} />
        </Bare>
      </body>
    </html>
  )
}
