import { Specimen } from '../specimen'

const SHOWN = 180

/** What somebody wrote about a version; the rest of a long one is a click away, so that one message does not push the others out of sight. */
export function Message({ text }: { readonly text: string }) {
  if (text === '') return <span className="text-quiet">no message</span>
  if (text.length <= SHOWN)
    return (
      <span className="[&_bdi]:font-sans">
        <Specimen text={text} plain />
      </span>
    )
  return (
    <details className="[&_bdi]:font-sans">
      <summary className="cursor-pointer list-none">
        <span className="in-open:hidden">
          <Specimen text={text.slice(0, SHOWN)} plain />… <span className="text-accent">more</span>
        </span>
        <span className="hidden text-accent in-open:inline">less</span>
      </summary>
      <Specimen text={text} plain />
    </details>
  )
}
