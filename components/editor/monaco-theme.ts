import type { editor } from 'monaco-editor/editor'

type Themes = Pick<typeof editor, 'defineTheme' | 'setTheme'>

/**
 * Draws Monaco in the tokens of app/globals.css and keeps to them: the page's own choice of theme, and the system's where the page
 * follows it. Both themes come out of the same names, read as they are computed.
 */
export function followTheme(themes: Themes): void {
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const apply = () => {
    const read = (token: string): string => hexOf(probe, `var(--color-${token})`)
    const isDark = luminance(read('page')) < 0.5
    const name = isDark ? 'countersign-dark' : 'countersign-light'
    themes.defineTheme(name, { base: isDark ? 'vs-dark' : 'vs', inherit: true, rules: rulesFrom(read), colors: coloursFrom(read) })
    themes.setTheme(name)
  }
  apply()
  new MutationObserver(apply).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply)
}

/** As a browser computes it, whatever it is written in: `light-dark()`, a name, an alpha. */
function hexOf(probe: HTMLElement, colour: string): string {
  probe.style.color = colour
  const [red = 0, green = 0, blue = 0, alpha = 1] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number)
  const byte = (value: number) => Math.round(value).toString(16).padStart(2, '0')
  return `#${byte(red)}${byte(green)}${byte(blue)}${alpha < 1 ? byte(alpha * 255) : ''}`
}

const luminance = (hex: string): number => [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(hex.slice(at, at + 2), 16), 0) / 765

type Read = (token: string) => string

/** Colours are for outcomes: in a text only its keys stand out, and what is no text at all. */
const RULES: { readonly [token: string]: string } = {
  type: 'accent',
  string: 'ink',
  'string.yaml': 'ink',
  'string.escape': 'unknown',
  number: 'ink',
  keyword: 'ink',
  tag: 'deny',
  namespace: 'unknown',
  operators: 'quiet',
  delimiter: 'quiet',
  'delimiter.bracket': 'quiet',
  'delimiter.square': 'quiet',
}

const rulesFrom = (read: Read): editor.ITokenThemeRule[] => [
  ...Object.entries(RULES).map(([token, colour]) => ({ token, foreground: read(colour).slice(1) })),
  { token: 'comment', foreground: read('quiet').slice(1), fontStyle: 'italic' },
]

/** A token, with an alpha behind the slash; or a colour of its own. */
const COLOURS: { readonly [name: string]: string } = {
  'editor.background': 'raised',
  'editor.foreground': 'ink',
  'editorLineNumber.foreground': 'quiet',
  'editorLineNumber.activeForeground': 'ink',
  'editor.lineHighlightBackground': 'sunken',
  'editor.lineHighlightBorder': '#00000000',
  'editorCursor.foreground': 'accent',
  'editor.selectionBackground': 'accent/40',
  'editor.inactiveSelectionBackground': 'accent/26',
  'editorIndentGuide.background1': 'line',
  'editorIndentGuide.activeBackground1': 'edge',
  'editorBracketMatch.background': 'hover',
  'editorBracketMatch.border': 'edge',
  'editorError.foreground': 'deny',
  'editorWarning.foreground': 'held',
  'editorInfo.foreground': 'accent',
  'editorGutter.background': 'raised',
  'editorWidget.background': 'raised',
  'editorWidget.foreground': 'ink',
  'editorWidget.border': 'line',
  'editorHoverWidget.background': 'raised',
  'editorHoverWidget.border': 'line',
  'editorSuggestWidget.background': 'raised',
  'editorSuggestWidget.border': 'line',
  'editorSuggestWidget.foreground': 'ink',
  'editorSuggestWidget.selectedBackground': 'accent-back',
  'editorSuggestWidget.selectedForeground': 'ink',
  'editorSuggestWidget.highlightForeground': 'accent',
  'editorSuggestWidget.focusHighlightForeground': 'accent',
  'list.hoverBackground': 'hover',
  'list.focusBackground': 'accent-back',
  'list.focusForeground': 'ink',
  'quickInput.background': 'raised',
  'quickInput.foreground': 'ink',
  'quickInputList.focusBackground': 'accent-back',
  'quickInputList.focusForeground': 'ink',
  'menu.background': 'raised',
  'menu.foreground': 'ink',
  'menu.selectionBackground': 'accent-back',
  'menu.selectionForeground': 'ink',
  'input.background': 'raised',
  'input.foreground': 'ink',
  'input.border': 'edge',
  focusBorder: 'accent',
  'widget.shadow': '#00000033',
  'widget.border': 'line',
  'diffEditor.insertedTextBackground': 'allow-line/40',
  'diffEditor.removedTextBackground': 'deny-line/40',
  'diffEditor.insertedLineBackground': 'allow-back',
  'diffEditor.removedLineBackground': 'deny-back',
  'diffEditor.border': 'line',
  'scrollbarSlider.background': 'edge/55',
  'scrollbarSlider.hoverBackground': 'edge/88',
  'scrollbarSlider.activeBackground': 'edge/aa',
  'editorUnicodeHighlight.border': 'unknown-line',
  'editorUnicodeHighlight.background': 'unknown-back',
}

const coloursFrom = (read: Read): editor.IColors =>
  Object.fromEntries(
    Object.entries(COLOURS).map(([name, token]) => {
      const [plain = '', alpha = ''] = token.split('/')
      return [name, token.startsWith('#') ? token : `${read(plain)}${alpha}`]
    }),
  )
