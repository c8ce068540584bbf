import type { Json } from '../json'

/** JSON as the YAML that people write on one line: `{ tool: read_file, args: { path: /srv/a } }`. Reads back as the same value. */
export function flowYaml(value: Json): string {
  if (typeof value === 'string') return scalar(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(flowYaml).join(', ')}]`
  const members = Object.entries(value as { readonly [key: string]: Json }).map(([key, member]) => `${scalar(key)}: ${flowYaml(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** One item of a block list, a line for each key. */
export function blockItem(item: object, indent: number): string {
  const lines = Object.entries(item).map(([key, value], index) => `${index === 0 ? '- ' : '  '}${key}: ${flowYaml(value as Json)}`)
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}

/** Text that no reader of YAML takes for anything but text. */
const PLAIN = /^[A-Za-z_/][A-Za-z0-9_/.-]*(?: [A-Za-z0-9_/.-]+)*$/
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** Whatever is not seen, or steers how text is drawn; in double quotes YAML takes it as an escape. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu

const scalar = (text: string): string => (PLAIN.test(text) && !WORDS.test(text) ? text : quoted(text))

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replace(UNSEEN, escaped)}"`

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code === 10) return '\\n'
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
