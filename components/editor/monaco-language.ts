import type { editor, IDisposable, languages } from 'monaco-editor/editor'
import type { TextEdit } from '../../core/policy/add-test'
import type { Suggestion } from '../../core/policy/completion'
import type { Place, Problem } from '../../core/policy/model'
import type { Outline } from '../../core/policy/outline'
import type { EngineClient } from './engine-client'
import { monaco } from './monaco'
import { visible } from './visible'

/** What the editor of one text answers its language features with. */
export type Session = {
  readonly engine: EngineClient
  readonly problems: () => readonly Problem[]
  readonly outline: () => Outline
}

/** Features are of a language, not of an editor: they find the text they are asked about here. */
const sessions = new Map<string, Session>()
let registered = false

export function openSession(model: editor.ITextModel, session: Session): IDisposable {
  if (!registered) registerFeatures()
  registered = true
  const key = model.uri.toString()
  sessions.set(key, session)
  return { dispose: () => sessions.delete(key) }
}

const sessionOf = (model: editor.ITextModel): Session | undefined => sessions.get(model.uri.toString())

export const OWNER = 'countersign'

export function showProblems(model: editor.ITextModel, problems: readonly Problem[]): void {
  monaco.editor.setModelMarkers(model, OWNER, problems.map(markerOf))
}

const markerOf = ({ severity, message, code, place }: Problem): editor.IMarkerData => ({
  severity: severity === 'error' ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
  message,
  code,
  ...rangeOf(place),
})

const rangeOf = ({ line, column, endLine, endColumn }: Place) => ({
  startLineNumber: line,
  startColumn: column,
  endLineNumber: endLine,
  endColumn: line === endLine ? Math.max(endColumn, column + 1) : endColumn,
})

export function editOf(model: editor.ITextModel, { start, end, text }: TextEdit): { range: monaco.Range; text: string } {
  return { range: monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end)), text }
}

function registerFeatures(): void {
  monaco.languages.registerCompletionItemProvider('yaml', {
    triggerCharacters: [' ', '"', "'", '[', '{', '.', '\n'],
    provideCompletionItems: completions,
  })
  monaco.languages.registerHoverProvider('yaml', { provideHover: hover })
  monaco.languages.registerCodeActionProvider('yaml', { provideCodeActions: codeActions })
  monaco.languages.registerDocumentFormattingEditProvider('yaml', { provideDocumentFormattingEdits: formatting })
  monaco.languages.registerDocumentSymbolProvider('yaml', { provideDocumentSymbols: symbols })
}

const KINDS: { readonly [kind in Suggestion['kind']]: keyof typeof languages.CompletionItemKind } = {
  key: 'Property',
  word: 'EnumMember',
  tool: 'Function',
  server: 'Module',
  principal: 'User',
  argument: 'Variable',
  rule: 'Reference',
}

async function completions(model: editor.ITextModel, position: monaco.Position): Promise<languages.CompletionList> {
  const session = sessionOf(model)
  if (!session) return { suggestions: [] }
  const { start, end, items } = await session.engine.ask('complete', model.getValue(), model.getOffsetAt(position))
  const range = monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end))
  return {
    suggestions: items.map(({ label, kind, detail, insert }, index) => ({
      label: { label: visible(label), description: detail.length > 40 ? '' : detail },
      filterText: label,
      kind: monaco.languages.CompletionItemKind[KINDS[kind]],
      insertText: insert,
      insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet,
      documentation: detail,
      sortText: String(index).padStart(5, '0'),
      range,
      ...(kind === 'key' ? { command: { id: 'editor.action.triggerSuggest', title: '' } } : {}),
    })),
  }
}

async function hover(model: editor.ITextModel, position: monaco.Position): Promise<languages.Hover | null> {
  const meaning = await sessionOf(model)?.engine.ask('meaning', model.getValue(), model.getOffsetAt(position))
  return meaning ? { range: rangeOf(meaning.place), contents: meaning.lines.map((line) => ({ value: inert(line) })) } : null
}

/** Hovers are Markdown; what they say is not. */
const inert = (text: string): string => visible(text).replace(/[\\`*_{}[\]()#+\-.!<>|~&:/@]/g, '\\$&')

async function codeActions(
  model: editor.ITextModel,
  _range: monaco.Range,
  context: languages.CodeActionContext,
): Promise<languages.CodeActionList> {
  const session = sessionOf(model)
  const lists = await Promise.all(context.markers.map((marker) => actionsFor(model, session, marker)))
  return { actions: lists.flat(), dispose: () => undefined }
}

async function actionsFor(
  model: editor.ITextModel,
  session: Session | undefined,
  marker: editor.IMarkerData,
): Promise<languages.CodeAction[]> {
  const isIt = ({ message, place }: Problem) =>
    message === marker.message && place.line === marker.startLineNumber && place.column === marker.startColumn
  const problem = session?.problems().find(isIt)
  const fixes = problem && session ? await session.engine.ask('fixes', problem) : []
  return fixes.map(({ title, edits, preferred }) => ({
    title,
    kind: 'quickfix',
    diagnostics: [marker],
    isPreferred: preferred,
    edit: {
      edits: edits.map((edit) => ({ resource: model.uri, versionId: model.getVersionId(), textEdit: editOf(model, edit) })),
    },
  }))
}

async function formatting(model: editor.ITextModel): Promise<languages.TextEdit[]> {
  const formatted = await sessionOf(model)?.engine.ask('format', model.getValue())
  return formatted === null || formatted === undefined ? [] : [{ range: model.getFullModelRange(), text: formatted }]
}

function symbols(model: editor.ITextModel): languages.DocumentSymbol[] {
  const { rules, tests } = sessionOf(model)?.outline() ?? { rules: [], tests: [] }
  const symbolOf =
    (kind: languages.SymbolKind) =>
    ({ id, label, action, place }: Outline['rules'][number]): languages.DocumentSymbol => {
      const range = rangeOf(place)
      return { name: visible(id), detail: visible(`${action} ${label}`.trim()), kind, tags: [], range, selectionRange: range }
    }
  return [...rules.map(symbolOf(monaco.languages.SymbolKind.Function)), ...tests.map(symbolOf(monaco.languages.SymbolKind.Event))]
}
