export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 1_024

/**
 * Why a password can't be taken, in one sentence; null when it can. Length is counted in characters as people see them typed (code
 * points); what is known to be tried first, or is one short thing over and over, is refused whatever its length.
 */
export function passwordProblem(password: string, about: { readonly email?: string; readonly name?: string } = {}): string | null {
  const typed = normalPassword(password)
  const length = [...typed].length
  if (length < PASSWORD_MIN) return `A password has at least ${PASSWORD_MIN} characters.`
  if (length > PASSWORD_MAX) return `A password has at most ${PASSWORD_MAX} characters.`
  const plain = typed.toLowerCase()
  if (isRepetition(plain) || isRun(plain)) return 'This password repeats one pattern; use several words instead.'
  if (COMMONEST.has(lettersAndDigits(plain)) || COMMON_STEMS.some((stem) => isStemAndDigits(lettersAndDigits(plain), stem)))
    return 'This password is among the first ones that are tried; use several words instead.'
  if (namesIn(about).some((name) => plain.replaceAll(name, '').length < 6)) return 'This password is mostly your own name or address.'
  return null
}

/** One form for what looks the same, so that a password can be typed on another keyboard (NIST SP 800-63B, 3.1.1.2). */
export const normalPassword = (password: string): string => password.normalize('NFKC')

const lettersAndDigits = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '')

const isRepetition = (text: string): boolean => /^(.{1,4})\1+.{0,3}$/su.test(text)

/** `abcdefghijkl`, `1234567890123`, `qwertyuiop[]`, in either direction. */
function isRun(text: string): boolean {
  const reversed = [...text].reverse().join('')
  return RUNS.some((run) => run.includes(text) || run.includes(reversed))
}

const RUNS = [
  'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
  '01234567890123456789012345678901234567890',
  '1234567890qwertyuiopasdfghjklzxcvbnm',
  'qwertyuiop[]asdfghjkl;zxcvbnm,./',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.',
  'qazwsxedcrfvtgbyhnujm',
  'azertyuiopqsdfghjklmwxcvbn',
]

/** A common word with at most eight digits behind it: `password2026`, `letmein12345`. */
const isStemAndDigits = (text: string, stem: string): boolean => text.startsWith(stem) && /^\d{0,8}$/.test(text.slice(stem.length))

const namesIn = ({ email = '', name = '' }: { readonly email?: string; readonly name?: string }): readonly string[] =>
  [email, ...email.split(/[@.+_-]/), ...name.split(/\s+/)].map((part) => part.toLowerCase()).filter((part) => part.length >= 4)

const COMMON_STEMS = [
  ...['password', 'passwort', 'passw0rd', 'p4ssword', 'motdepasse', 'contrasena', 'welcome', 'welkom', 'letmein', 'changeme', 'qwerty'],
  ...['qwertyuiop', 'iloveyou', 'administrator', 'admin', 'root', 'countersign', 'dragon', 'monkey', 'football', 'baseball', 'superman'],
  ...['princess', 'sunshine', 'trustno', 'starwars', 'whatever', 'michael', 'jordan', 'summer', 'winter', 'spring', 'autumn', 'secret'],
  ...['default', 'guest', 'test', 'testing', 'temp', 'login', 'master', 'shadow', 'hello', 'charlie', 'computer', 'internet', 'samsung'],
]

/** The commonest of the public lists that are long enough to get this far, as letters and digits only. */
const COMMONEST: ReadonlySet<string> = new Set([
  ...['passwordpassword', 'password1password', 'mypassword123', 'thisismypassword', 'yourpassword', 'passwordispassword', 'nopassword123'],
  ...['correcthorsebatterystaple', 'qwertyqwerty', 'qwerty123456', 'qwertyuiop123', 'qwertyasdfgh', 'asdfghjkl123', 'zaq12wsxcde3'],
  ...['1q2w3e4r5t6y', '1q2w3e4r5t6y7u8i', '1qaz2wsx3edc', '123456789abc', 'abc123456789', 'abcd12345678', 'a1b2c3d4e5f6', 'q1w2e3r4t5y6'],
  ...[
    'iloveyou1234',
    'iloveyouforever',
    'letmeinletmein',
    'letmeinplease',
    'changemenow1',
    'changemeplease',
    'adminadmin123',
    'admin1234admin',
  ],
  ...[
    'administrator1',
    'rootrootroot',
    'welcometothejungle',
    'welcome12345',
    'opensesame123',
    'supersecret1',
    'supersecretpassword',
    'topsecret123',
  ],
  ...[
    'trustno1trustno1',
    'manchesterunited',
    'liverpoolfc1',
    'michaeljordan',
    'jesuschrist1',
    'godisgreat123',
    'ilovejesus123',
    'harrypotter1',
  ],
  ...[
    'starwars1234',
    'thelordoftherings',
    'maythe4thbewithyou',
    'hellohello123',
    'helloworld123',
    'helloworld12',
    'unbelievable',
    'metallica123',
  ],
  ...[
    'basketball12',
    'chocolate123',
    'sunshine1234',
    'princess1234',
    'butterfly123',
    'alexander123',
    'cheeseburger',
    'firefighter1',
    'onetwothreefour',
  ],
])
