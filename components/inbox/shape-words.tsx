import { shownText } from '../../core/approval/arguments'
import { type Bound, type Choices, parseShape } from '../../core/approval/shape'
import { Specimen } from '../specimen'
import type { ArgumentShown } from './argument-text'
import { boundWords } from './bounds'
import type { CardShown } from './inbox-shown'

type ShapeWordsProps = {
  readonly card: Pick<CardShown, 'principal' | 'tool' | 'server'>
  readonly list: readonly ArgumentShown[]
  readonly choices: Choices
  readonly uses: number
  readonly minutes: number
}

/** What would be let through, in words, before anybody lets it. */
export function ShapeWords({ card: { principal, tool, server }, list, choices, uses, minutes }: ShapeWordsProps) {
  const chosen = new Map(choices.map(({ name, bound }) => [name, bound]))
  return (
    <section aria-label="What is let through" className="rounded-md border border-line bg-sunken px-3 py-2 text-sm">
      <p>
        <Specimen text={principal} plain /> may call <Specimen text={tool} plain /> on <Specimen text={server} plain />{' '}
        {uses === 1 ? 'once' : `${uses} times`} within {minutes === 1 ? 'a minute' : `${minutes} minutes`}, where
      </p>
      <Bounds bounds={list.map(({ name, value }) => ({ name, bound: chosen.get(name) ?? { is: 'equal', text: shownText(value) } }))} />
      <p className="mt-1 text-quiet">With any other argument, or any other value, people are asked again.</p>
    </section>
  )
}

/** The bounds of a stored grant; a damaged one lets nothing through. */
export function StoredShape({ shape }: { readonly shape: string }) {
  const bounds = parseShape(shape)
  return bounds === null ? (
    <p className="text-deny text-sm">Its shape can’t be read, so it lets nothing through.</p>
  ) : (
    <Bounds bounds={bounds} />
  )
}

const SHOWN = 160

function Bounds({ bounds }: { readonly bounds: readonly { readonly name: string; readonly bound: Bound }[] }) {
  if (bounds.length === 0) return <p>it carries no arguments at all.</p>
  return (
    <ul className="mt-1 space-y-0.5">
      {bounds.map(({ name, bound }) => {
        const { words, text } = boundWords(bound)
        return (
          <li key={name}>
            <Specimen text={name} plain /> <span className={bound.is === 'equal' ? 'text-quiet' : 'font-medium text-held'}>{words}</span>{' '}
            {text !== null && (
              <Specimen
                text={text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length.toLocaleString('en')} characters)` : text}
                plain
              />
            )}
          </li>
        )
      })}
    </ul>
  )
}
