'use client'

import { Bare } from '../components/frame/bare'
import { Failure } from '../components/frame/failure'

export default function RootError(props: { readonly error: unknown; readonly retry: () => void }) {
  return (
    <Bare>
      <Failure {...props} />
    </Bare>
  )
}
