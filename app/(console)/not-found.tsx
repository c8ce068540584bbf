import { Missing } from '../../components/frame/missing'
import { requestId } from '../_server/request-id'

export default async function ConsoleNotFound() {
  return <Missing reference={await requestId()} />
}
