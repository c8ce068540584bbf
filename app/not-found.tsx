import { Notice } from '../components/notice'

export default function NotFound() {
  return (
    <Notice title="There is no such page">
      <p>
        The decisions are <a href="/">on the first page</a>.
      </p>
    </Notice>
  )
}
