import { seen } from '../../core/audit/evidence-report'
import { type EvidenceReport, verifyEvidence } from '../../core/audit/evidence-verify'
import { bundleLines, headline } from '../../core/audit/evidence-words'
import { verifyInBrowser, wasmSha256 } from '../../core/browser-crypto'
import { chosenFile, inflateInPage } from './tools'

const SHOWN = 200

class Stopped extends Error {}

const part = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no ${id}`)
  return found
}

let running = 0

/** Whatever somebody chooses next, the run before it ends. */
async function run(file: File, root: string): Promise<void> {
  running += 1
  const mine = running
  part('result').hidden = true
  part('cancel').hidden = false
  const passed = async (entries: number): Promise<void> => {
    part('progress').textContent = `${entries} entries verified …`
    await new Promise((resolve) => setTimeout(resolve))
    if (mine !== running) throw new Stopped()
  }
  try {
    part('progress').textContent = 'Reading …'
    const tools = { sha256: await wasmSha256(), verify: verifyInBrowser, inflate: inflateInPage }
    const options = { ...tools, trust: null, ...(root === '' ? {} : { root }), nowMs: Date.now(), passed }
    show(await verifyEvidence(chosenFile(file), options))
  } catch (error) {
    if (!(error instanceof Stopped)) showFailure(error)
  }
  if (mine === running) part('cancel').hidden = true
}

function show(report: EvidenceReport): void {
  const verdict = part('verdict')
  verdict.textContent = seen(headline(report))
  verdict.dataset.verdict = report.verdict
  list('findings', [
    ...report.findings.slice(0, SHOWN).map(({ where, sentence }) => `${where}: ${sentence}`),
    ...(report.found > SHOWN ? [`… and ${report.found - SHOWN} more.`] : []),
  ])
  list('doubts', report.doubts)
  const about = bundleLines({ ...report, findings: [], found: 0, doubts: [] })
  part('facts').replaceChildren(...about.slice(0, -1).map(fact))
  part('progress').textContent = ''
  part('result').hidden = false
}

function showFailure(error: unknown): void {
  const verdict = part('verdict')
  verdict.textContent = `Could not tell: ${seen(error instanceof Error ? error.message : String(error))}`
  verdict.dataset.verdict = 'could not tell'
  for (const id of ['findings', 'doubts', 'facts']) part(id).replaceChildren()
  part('progress').textContent = ''
  part('result').hidden = false
}

function list(id: string, sentences: readonly string[]): void {
  part(id).replaceChildren(
    ...sentences.map((sentence) => {
      const item = document.createElement('li')
      item.textContent = seen(sentence)
      return item
    }),
  )
}

function fact(line: string): HTMLElement {
  const row = document.createElement('tr')
  const cell = document.createElement('td')
  cell.textContent = seen(line)
  row.append(cell)
  return row
}

const start = (): void => {
  const [input, root] = [part('bundle') as HTMLInputElement, part('root') as HTMLInputElement]
  const file = input.files?.[0]
  if (file && root.checkValidity()) void run(file, root.value.trim())
  else if (file) part('progress').textContent = 'The root key is 64 hexadecimal digits, or nothing.'
}

part('form').addEventListener('submit', (event) => event.preventDefault())
part('bundle').addEventListener('change', start)
part('root').addEventListener('change', start)
part('cancel').addEventListener('click', () => {
  running += 1
  part('progress').textContent = 'Stopped.'
  part('cancel').hidden = true
})
