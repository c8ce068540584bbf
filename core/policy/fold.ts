/**
 * Two keys under which names that people or lenient servers could take for each other are equal: `plain` ignores case, width, marks,
 * invisible characters and look-alike letters of other alphabets; `shape` also takes I, 1 and | for l, 0 for o, rn for m and vv for w.
 */
export type Folds = { readonly plain: string; readonly shape: string }

/** Invisible or blank: controls, format characters (zero width, bidi, tags), white space, marks, Hangul and Braille blanks. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Z}\p{M}\u115f\u1160\u3164\uffa0\u2800\u180e]/gu

const ASCII = /^[!-~]*$/

export function foldName(name: string): Folds {
  const bare = ASCII.test(name) ? name : withoutDisguise(name)
  return { plain: bare.toLowerCase(), shape: shapeOf(bare) }
}

/** Latin letters keep their case: the capital I has l's shape, the small one has not. */
function withoutDisguise(name: string): string {
  let bare = ''
  for (const character of name.normalize('NFKD').replace(UNSEEN, '')) bare += LOOKALIKES.get(character) ?? lowered(character)
  return bare
}

const lowered = (character: string): string => LOOKALIKES.get(character.toLowerCase()) ?? character

const SHAPED = /[I1|0]|[rR][nN]|[vV][vV]/

function shapeOf(bare: string): string {
  if (!SHAPED.test(bare)) return bare.toLowerCase()
  return bare.replace(/[I1|]/g, 'l').replaceAll('0', 'o').toLowerCase().replaceAll('rn', 'm').replaceAll('vv', 'w')
}

/** Each line: what it looks like, and the characters that do. Closed: a change is a change of the language. */
const TABLE = `
a аαɑᴀⱥ∂ա
A АΑᎪꓮ
b ƀЬьƅꮟɓ
B ВвΒᏴꓐʙβ
c сςϲᴄƈꮯ
C СϹᏟꓚ
d ԁđɗꓒ
D ᎠꓓᴅĐ
e еєҽҿɛεᴇэ
E ЕΕᎬꓰ
f ſϝғƒք
F ꓝϜꜰ
g ɡɢցǥɠ
G ԌᏀꓖ
h һհħɦᏂћ
H НнΗᎻꓧʜ
i іıιɩɪӀⲓ
I ІΙꓲ
j јϳյȷɉ
J ЈᎫꓙᴊ
k кκƙĸк
K КΚᏦꓗᴋ
l ӏłǀⅼɭƚ
L ᏞꓡʟԼŁ
m мᴍʍ
M МΜᎷꓟ
n пηոռղɲƞ
N ΝꓠɴИ
o оοօøσᴏഠ
O ОΟՕꓳØ
p рρϱᴘƿ
P РΡᏢꓑ
q ԛզգɋ
Q Ԛ
r гɼʀɍᴦɾ
R ᎡꓣƦ
s ѕꜱʂ
S ЅՏᏚꓢ
t тτᴛŧƭ
T ТΤᎢꓔŦ
u υսᴜʋцµμ
U ՍꓴሀⴎՄ
v ѵνᴠע
V ѴᏙꓦ
w ԝѡωᴡшաɯ
W ԜᎳꓪ
x хχ×
X ХΧꓫ
y уүγყʏɏ
Y УΥҮꓬ
z ᴢʐƶ
Z ΖᏃꓜ
- ‐‑‒–—―−˗⁃➖ー﹣
_ ‿⁀ˍ﹏
. ‧·∙⋅•᛫
/ ∕⁄╱⧸
: ː꞉∶׃։
0 ௦੦০०
1 ١۱
`

const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  TABLE.trim()
    .split('\n')
    .flatMap((line) => Array.from(line.slice(2), (character): [string, string] => [character, line.charAt(0)])),
)

/** The ASCII character that people could take this one for, as far as the closed list knows; null for none. */
export const lookalikeOf = (character: string): string | null => LOOKALIKES.get(character) ?? null
