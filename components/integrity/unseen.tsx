/** What no look from here could show, as the verifier says it too. */
export function Unseen({ sentences }: { readonly sentences: readonly string[] }) {
  return (
    <ul className="list-disc space-y-1 pl-5 text-sm marker:text-edge">
      {sentences.map((sentence) => (
        <li key={sentence} className="max-w-3xl">
          {sentence}
        </li>
      ))}
    </ul>
  )
}
