import { CST, Lexer, parseDocument } from 'yaml'
import { documentText } from './digest'
import { parsePolicy } from './language'

/**
 * The text with its indentation, spaces and quotes as everybody writes them; comments and empty lines stay. Null where the text has
 * errors, or where the result would not be the same policy.
 */
export function formatPolicy(text: string): string | null {
  const { document } = parsePolicy(text)
  if (!document) return null
  const formatted = withoutPadding(parseDocument(text).toString({ lineWidth: 0, indentSeq: true, flowCollectionPadding: true }))
  const again = parsePolicy(formatted).document
  return again && documentText(again) === documentText(document) ? formatted : null
}

/** `[ a, b ]` -> `[a, b]`; maps keep their spaces. */
function withoutPadding(yaml: string): string {
  const tokens = [...new Lexer().lex(yaml)]
  const types = typesOf(tokens)
  return tokens
    .filter((token, at) => !(isSpaces(token) && (types[at - 1] === 'flow-seq-start' || types[at + 1] === 'flow-seq-end')))
    .filter((token) => token !== CST.DOCUMENT && token !== CST.FLOW_END && token !== CST.SCALAR)
    .join('')
}

/** The token behind the mark of a scalar is its text, whatever it looks like. */
function typesOf(tokens: readonly string[]): readonly (string | null)[] {
  return tokens.map((token, at) => (tokens[at - 1] === CST.SCALAR ? 'scalar' : CST.tokenType(token)))
}

const isSpaces = (token: string): boolean => /^ +$/.test(token)
