/** What could hide, reorder or break text: controls, format characters (bidi included), odd spaces, separators, lone surrogates. */
const HOSTILE = /([\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]|(?! )\p{Zs})/u

/** Text from outside: monospace, bordered (but for `plain`, inside a sentence), inert, isolated from the direction around it, with what would not be seen drawn as tokens. */
export function Specimen({ text, plain = false }: { readonly text: string; readonly plain?: boolean }) {
  const frame = plain ? 'text-[0.95em]' : 'rounded-md border border-line bg-raised px-1.5 py-0.5 text-sm'
  return <bdi className={`wrap-anywhere font-mono ${frame}`}>{drawn(text)}</bdi>
}

const drawn = (text: string) =>
  piecesOf(text).map(({ start, piece, hidden }) => (hidden ? <Token key={start} character={piece} /> : <span key={start}>{piece}</span>))

type Piece = { readonly start: number; readonly piece: string; readonly hidden: boolean }

/** Runs of plain text, and each hostile character by itself. */
const piecesOf = (text: string): readonly Piece[] => {
  let start = 0
  return text.split(HOSTILE).flatMap((piece, at) => {
    const here = start
    start += piece.length
    return piece === '' ? [] : [{ start: here, piece, hidden: at % 2 === 1 }]
  })
}

function Token({ character }: { readonly character: string }) {
  return <span className="mx-px whitespace-nowrap rounded-sm bg-unknown-back px-1 text-unknown text-xs">{codePoint(character)}</span>
}

const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
