import type { Metadata } from 'next'
import { Bare } from '../components/frame/bare'
import { Missing } from '../components/frame/missing'
import { requestId } from './_server/request-id'

export const metadata: Metadata = { title: 'No such page' }

export default async function NotFound() {
  return (
    <Bare>
      <Missing reference={await requestId()} />
    </Bare>
  )
}
