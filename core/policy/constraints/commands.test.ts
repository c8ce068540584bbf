import { expect, test } from 'vitest'
import type { CommandsForm } from '../document'
import { type Envelope, noFacts, type Verdict } from '../model'
import { compileAllowedCommands } from './commands'

const call = (args: Envelope['args']): Envelope => ({
  method: 'tools/call',
  tool: 'execute_command',
  server: 'shell',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: null,
  args,
})

const form: CommandsForm = {
  exact: ['git status', "echo 'hello world'", 'ls'],
  patterns: ['git log **', 'git show *', 'npm run * --silent', 'cat *'],
}
const bound = compileAllowedCommands(form)

const rows: readonly (readonly [call: string, command: string, expected: Verdict['is']])[] = [
  ['an exact command', 'git status', 'true'],
  ['an exact command with more blanks', '  git   status\t', 'true'],
  ['an exact command with quotes', '"git" \'status\'', 'true'],
  ['an exact command with escapes', 'g\\it sta\\tus', 'true'],
  ['an exact command of one word', 'ls', 'true'],
  ['a quoted blank as the policy has it', 'echo "hello world"', 'true'],
  ['a quoted blank with an escape', 'echo hello\\ world', 'true'],
  ['a pattern with no rest', 'git log', 'true'],
  ['a pattern with a rest', 'git log -5 --oneline main', 'true'],
  ['a pattern with one word', 'git show HEAD~1', 'true'],
  ['a pattern with a word in the middle', 'npm run build --silent', 'true'],
  ['an empty quoted word for a star', "git show ''", 'true'],
  ['a commit with a caret', 'git show HEAD^', 'true'],
  ['more words than an exact command', 'git status --short', 'false'],
  ['fewer words than an exact command', 'git', 'false'],
  ['another command', 'rm -rf /', 'false'],
  ['another subcommand', 'git push', 'false'],
  ['a command in capitals', 'GIT status', 'false'],
  ['a command by its path', '/usr/bin/git status', 'false'],
  ['two words quoted into one', '"git status"', 'false'],
  ['an option for a star', 'git show --output=/etc/passwd', 'false'],
  ['a quoted option for a star', 'git show "--output=x"', 'false'],
  ['an escaped option for a star', 'git show \\--output=x', 'false'],
  ['an option that quotes hide', "git show ''-x", 'false'],
  ['a lone dash for a star', 'cat -', 'false'],
  ['two words for a star', 'git show a b', 'false'],
  ['no word for a star', 'git show', 'false'],
  ['a pattern cut short', 'npm run build', 'false'],
  ['a second command behind a semicolon', 'git status; rm -rf /', 'unknown'],
  ['a semicolon without blanks', 'git log;rm', 'unknown'],
  ['a background command', 'git log & rm', 'unknown'],
  ['and', 'git log && rm', 'unknown'],
  ['or', 'git log || rm', 'unknown'],
  ['a pipe', 'git log | sh', 'unknown'],
  ['a redirection', 'git log > /etc/passwd', 'unknown'],
  ['an input redirection', 'cat </etc/shadow', 'unknown'],
  ['a here document', 'cat <<x', 'unknown'],
  ['a substitution', 'git log $(rm)', 'unknown'],
  ['a substitution in quotes', 'git log "$(rm)"', 'unknown'],
  ['backticks', 'git log `rm`', 'unknown'],
  ['a variable', 'git log $HOME', 'unknown'],
  ['a variable in single quotes', "git log '$HOME'", 'unknown'],
  ['a semicolon in quotes', 'git log ";"', 'unknown'],
  ['a subshell', '(git status)', 'unknown'],
  ['a group', '{ git status; }', 'unknown'],
  ['a newline', 'git status\nrm -rf /', 'unknown'],
  ['a newline at the end', 'git status\n', 'unknown'],
  ['a carriage return', 'git status\rrm', 'unknown'],
  ['a NUL', 'git status\0', 'unknown'],
  ['a line separator', 'git log \u2028rm', 'unknown'],
  ['an escape sequence', 'git log \u001b[2J', 'unknown'],
  ['a zero-width space', 'git log a\u200bb', 'unknown'],
  ['a glob', 'git log *', 'unknown'],
  ['a question mark', 'git log a?c', 'unknown'],
  ['a class', 'git log [ab]', 'unknown'],
  ['a brace expansion', 'git log {a,b}', 'unknown'],
  ['a negation', '! git status', 'unknown'],
  ['a history expansion', 'git log !!', 'unknown'],
  ['a comment', 'git log #x', 'unknown'],
  ['a home folder', 'cat ~/.ssh/id_rsa', 'unknown'],
  ["somebody else's home", 'cat ~root/x', 'unknown'],
  ['a home folder behind an equals sign', 'git log --file=~/x', 'unknown'],
  ['an assignment in front', 'GIT_PAGER=evil git log', 'unknown'],
  ['an appending assignment in front', 'PATH+=:/tmp git log', 'unknown'],
  ['an assignment alone', 'A=b', 'unknown'],
  ['an open single quote', "git log 'a", 'unknown'],
  ['an open double quote', 'git log "a', 'unknown'],
  ['a double quote that an escape leaves open', 'git log "a\\"', 'unknown'],
  ['a backslash at the end', 'git log \\', 'unknown'],
  ['nothing', '', 'unknown'],
  ['blanks', ' \t ', 'unknown'],
  ['a no-break space between words', 'git\u00a0status', 'false'],
]

test.each(rows)('%s (%j) is %s', (_call, command, expected) => {
  expect(bound.check(call({ command }), noFacts)).toMatchObject({ is: expected })
})

test.each([
  ['a list of words', { command: ['git', 'status'] }, 'true'],
  ['a list of words, one with a blank', { command: ['echo', 'hello world'] }, 'true'],
  ['a list of words with an operator', { command: ['git', 'log', '; rm'] }, 'unknown'],
  ['a list with a number', { command: ['git', 1] }, 'unknown'],
  ['an empty list', { command: [] }, 'unknown'],
  ['a number', { command: 1 }, 'unknown'],
  ['an object', { command: { git: 'status' } }, 'unknown'],
  ['no command', {}, 'unknown'],
  ['a command that is null', { command: null }, 'unknown'],
  ['a command in an argument of another name', { program: 'git status' }, 'unknown'],
  ['two commands, one of them not allowed', { command: 'git status', cmd: 'rm -rf /' }, 'false'],
  ['arguments beside the command', { command: 'git status', args: ['--exec=evil'] }, 'unknown'],
  ['no arguments beside the command', { command: 'git status', args: [] }, 'true'],
  ['an environment beside the command', { command: 'git status', env: { GIT_PAGER: 'evil' } }, 'unknown'],
  ['a shell beside the command', { command: 'git status', shell: '/bin/evil' }, 'unknown'],
  ['a time limit beside the command', { command: 'git status', timeout: 5 }, 'true'],
] as const)('%s: %s', (_call, args, expected) => {
  expect(bound.check(call(args), noFacts)).toMatchObject({ is: expected })
})

test.each([
  ['the argument it names', { run: { line: 'git status' } }, 'true'],
  ['nothing else', { command: 'git status' }, 'unknown'],
  ['an argument whose parent is text', { run: 'git status' }, 'unknown'],
] as const)('a bound that names an argument looks at %s', (_call, args, expected) => {
  expect(compileAllowedCommands({ ...form, args: ['run.line'] }).check(call(args), noFacts)).toMatchObject({ is: expected })
})

test.each([
  ['a star inside a word', { patterns: ['git log --format=*'] }],
  ['a rest before the end', { patterns: ['git ** log'] }],
  ['an open program', { patterns: ['* status'] }],
  ['anything at all', { patterns: ['**'] }],
  ['an exact command with an operator', { exact: ['a && b'] }],
  ['an exact command with a variable', { exact: ['echo $HOME'] }],
  ['an empty exact command', { exact: [' '] }],
] as const)('%s is refused when the policy is compiled', (_call, refused) => {
  expect(() => compileAllowedCommands(refused)).toThrow(/could match|leaves the program open|may only stand|is not a plain word/)
})
