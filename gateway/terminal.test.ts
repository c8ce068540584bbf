import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { foreign, openTerminal } from './terminal'

function printed(json: boolean, print: (terminal: ReturnType<typeof openTerminal>) => void): string {
  const chunks: string[] = []
  const stream = { write: (text: string) => chunks.push(text) }
  print(openTerminal(json, { stdout: stream, stderr: stream }))
  return chunks.join('')
}

const HOSTILE = [
  { what: 'a CSI sequence', text: '\u001b[2J' },
  { what: 'a C1 control', text: '\u009b2J' },
  { what: 'a clipboard write', text: '\u001b]52;c;AAAA\u0007' },
  { what: 'a carriage return', text: 'deny\rallow' },
  { what: 'a backspace', text: 'a\b' },
  { what: 'DEL', text: 'a\u007f' },
  { what: 'a bidi override', text: 'a\u202eb' },
  { what: 'a zero width space', text: 'a\u200bb' },
  { what: 'a line separator', text: 'a\u2028b' },
  { what: 'a tag character', text: 'a\u{e0041}b' },
  { what: 'half a surrogate pair', text: 'a\ud800b' },
]
const RAW = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u

test.each(HOSTILE)('$what reaches no terminal, however it came to be printed', ({ text }) => {
  const table = printed(false, (terminal) => terminal.table([{ text }], { heading: (row) => row.text }, ''))
  const said = printed(false, (terminal) => terminal.say(`he said ${text} and ${foreign(text)}`, null))
  const noted = printed(false, (terminal) => terminal.note(`could not: ${text}`))
  for (const output of [table, said, noted]) expect(output).not.toMatch(RAW)
})

test.each(HOSTILE)('$what in JSON is escaped, and reads back as it was', ({ text }) => {
  const said = printed(true, (terminal) => terminal.say('', { text, [text]: 1 }))
  const rows = printed(true, (terminal) => terminal.table([{ text }], { heading: (row) => row.text }, ''))
  expect(said + rows).not.toMatch(RAW)
  expect(JSON.parse(said)).toEqual({ text, [text]: 1 })
  expect(JSON.parse(rows)).toEqual({ text })
})

test('line breaks, tabs and letters of any script are printed as they are', () => {
  expect(printed(false, (terminal) => terminal.say('a\r\n\tü 漢字 😀', null))).toBe('a\r\n\tü 漢字 😀\n')
})

test('a question is asked where somebody sits, in safe characters, and answered by one line; nobody is asked through a pipe', async () => {
  const chunks: string[] = []
  const stream = { write: (text: string) => chunks.push(text) }
  const typed = (isTTY: boolean) => {
    const stdin = Object.assign(new PassThrough(), { isTTY })
    stdin.end('yes\nno\n')
    return openTerminal(false, { stdout: stream, stderr: stream, stdin: stdin as unknown as NodeJS.ReadStream })
  }
  expect(await typed(true).ask('Sure\u202e? ')).toBe('yes')
  expect(chunks.join('')).toBe('Sure\\u{202e}? ')
  expect(await typed(false).ask('Sure? ')).toBeNull()
})
