import { visible } from './visible'

/** A sentence of ours that quotes text from outside: ordinary type, isolated, with what would not be seen drawn as its number. */
export function Prose({ text }: { readonly text: string }) {
  return <bdi className="wrap-anywhere">{visible(text)}</bdi>
}
