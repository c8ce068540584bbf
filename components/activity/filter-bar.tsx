import { X } from 'lucide-react'
import { FACETS, type Facet, isNarrowed, toggled } from '../../core/activity/question'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'
import { LinkButton } from '../ui/link-button'
import { hrefOf, type Shown } from './explorer'
import { FacetMenu } from './facet-menu'
import { FACET_WORDS, valueWord } from './facet-words'
import { RangeMenu } from './range-menu'

/** A value to filter by. `word` is ours where the value itself says little to people. */
export type Choice = { readonly value: string; readonly word: string | null }
export type Choices = { readonly [facet in Facet]?: readonly Choice[] }

const OFFERED = ['outcome', 'tool', 'server', 'principal', 'rule', 'digest', 'status', 'code'] as const satisfies readonly Facet[]

/** What the list is narrowed to, and by what else it can be. Everything is in the address. */
export function FilterBar({ shown, choices }: { readonly shown: Shown; readonly choices: Choices }) {
  const { question } = shown
  return (
    <section aria-label="Filters" className="mb-3 space-y-2">
      <div className="max-md:-mx-4 flex items-center gap-1.5 max-md:overflow-x-auto max-md:px-4 max-md:py-1 md:flex-wrap">
        <RangeMenu shown={shown} />
        {OFFERED.map((facet) => (
          <FacetMenu key={facet} shown={shown} facet={facet} choices={choices[facet] ?? []} />
        ))}
      </div>
      {isNarrowed(question) && (
        <ul aria-label="Narrowed to" className="flex flex-wrap items-center gap-1.5">
          {FACETS.flatMap((facet) =>
            (question.facets[facet] ?? []).map((value) => (
              <Chip
                key={`${facet}:${value}`}
                name={FACET_WORDS[facet]}
                value={value}
                word={valueWord(facet, value) ?? choices[facet]?.find((each) => each.value === value)?.word ?? null}
                without={hrefOf({ ...shown, question: toggled(question, facet, value) })}
              />
            )),
          )}
          {question.call !== null && (
            <Chip name="Call" value={question.call} word={null} without={hrefOf({ ...shown, question: { ...question, call: null } })} />
          )}
          <li>
            <LinkButton href={hrefOf({ ...shown, question: { ...question, facets: {}, call: null } })} look="quiet" size="sm">
              Clear
            </LinkButton>
          </li>
        </ul>
      )}
    </section>
  )
}

type ChipProps = { readonly name: string; readonly value: string; readonly word: string | null; readonly without: string }

function Chip({ name, value, word, without }: ChipProps) {
  return (
    <li className="flex min-h-7 max-w-full items-center gap-1.5 rounded-md border border-line bg-accent-back pl-2 text-sm">
      <span className="min-w-0">
        <span className="text-quiet">{name}:</span> {word ?? <Specimen text={value} plain />}
      </span>
      <Link
        href={without}
        aria-label={`Without ${name}`}
        className="flex size-7 shrink-0 items-center justify-center rounded-md text-quiet hover:text-ink pointer-coarse:size-10"
      >
        <X className="size-3.5" />
      </Link>
    </li>
  )
}
