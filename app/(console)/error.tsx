'use client'

import { Failure } from '../../components/frame/failure'

export default function ConsoleError(props: { readonly error: unknown; readonly retry: () => void }) {
  return <Failure {...props} />
}
