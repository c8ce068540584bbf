import { Fragment } from 'react'
import { type Piece, piecesOf } from '../core/visible'

/**
 * Text from outside: monospace, bordered (but for `plain`, inside a sentence), inert, isolated from the direction around it, with what would
 * not be seen drawn as tokens and letters that pass for others marked. Where it `wraps`, a line of it ends between its words rather than within one.
 */
export function Specimen({
  text,
  plain = false,
  wraps = false,
}: {
  readonly text: string
  readonly plain?: boolean
  readonly wraps?: boolean
}) {
  const frame = plain ? 'text-[0.95em]' : 'rounded-md border border-line bg-raised px-1.5 py-0.5 text-sm'
  return (
    <bdi className={`wrap-anywhere font-mono [font-variant-ligatures:none] ${frame}`}>
      {drawn(text, wraps && text.length <= NAME_LENGTH)}
    </bdi>
  )
}

/** Longer texts are no names, and would be taken apart into more pieces than a page should hold. */
const NAME_LENGTH = 200

/** Where a name may be broken: after a separator between two of its words, and before a capital. */
const SEAM = /(?<=[\p{L}\p{N}][-_./:@])(?=[\p{L}\p{N}])|(?<=\p{Ll})(?=\p{Lu})/gu

const drawn = (text: string, isName = false) => piecesOf(text).map((piece) => <Drawn key={piece.start} piece={piece} isName={isName} />)

function Drawn({ piece: { text, is, times }, isName }: { readonly piece: Piece; readonly isName: boolean }) {
  if (is === 'plain') return isName ? <Name text={text} /> : text
  if (is === 'hidden') return <Token>{times === 1 ? codePoint(text) : `${codePoint(text)} ×${times.toLocaleString('en')}`}</Token>
  return (
    <span title={`${codePoint(text)}, which passes for another character`} className="mx-px rounded-sm bg-unknown-back text-unknown">
      {text}
      <span className="px-1 text-xs">{codePoint(text)}</span>
    </span>
  )
}

function Name({ text }: { readonly text: string }) {
  const starts = [0, ...Array.from(text.matchAll(SEAM), ({ index }) => index)]
  return starts.map((start, at) => (
    <Fragment key={start}>
      {at > 0 && <wbr />}
      {text.slice(start, starts[at + 1])}
    </Fragment>
  ))
}

function Token({ children }: { readonly children: string }) {
  return <span className="mx-px whitespace-nowrap rounded-sm bg-unknown-back px-1 text-unknown text-xs">{children}</span>
}

const LINES_TOGETHER = 100

/**
 * A whole text of several lines, every character of it told from every other: line ends and tabs are drawn as signs, spaces at the end of a
 * line as tokens. Where it `isLaidOut` the lines are ours and no part of it. Long ones are drawn as they are scrolled to.
 */
export function SpecimenText({ text, isLaidOut = false }: { readonly text: string; readonly isLaidOut?: boolean }) {
  const lines = text.split('\n').map((line, number) => ({ line, number }))
  const blocks = lines.filter(({ number }) => number % LINES_TOGETHER === 0)
  return (
    <bdi className="wrap-anywhere block whitespace-pre-wrap font-mono text-sm [font-variant-ligatures:none]">
      {blocks.map(({ number: from }) => (
        <span key={from} className="block [contain-intrinsic-size:auto_2000px] [content-visibility:auto]">
          {lines.slice(from, from + LINES_TOGETHER).map(({ line, number }) => (
            <Fragment key={number}>
              <Line text={line} />
              {number < lines.length - 1 && (
                <>
                  {!isLaidOut && <Sign sign="↵" />}
                  {'\n'}
                </>
              )}
            </Fragment>
          ))}
        </span>
      ))}
    </bdi>
  )
}

/** Line ends and tabs can be told from what they would be drawn as; they are no part of what is selected. */
function Sign({ sign }: { readonly sign: string }) {
  return (
    <span aria-hidden="true" className="select-none text-edge">
      {sign}
    </span>
  )
}

function Line({ text }: { readonly text: string }) {
  const [, body = text, spaces = ''] = /^(.*?)( +)$/u.exec(text) ?? []
  const cells = body.split('\t').map((cell, at) => ({ cell, at }))
  return (
    <>
      {cells.map(({ cell, at }) => (
        <Fragment key={at}>
          {at > 0 && (
            <>
              <Sign sign="→" />
              {'\t'}
            </>
          )}
          {drawn(cell)}
        </Fragment>
      ))}
      {spaces !== '' && <Token>{spaces.length === 1 ? 'U+0020' : `U+0020 ×${spaces.length}`}</Token>}
    </>
  )
}

const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
