'use client'

import { BottomTabs } from './bottom-tabs'
import { ChangesPanel } from './changes-panel'
import { EditorNext } from './editor-next'
import type { EngineClient } from './engine-client'
import { ProblemsPanel } from './problems-panel'
import { ReachPanel } from './reach-panel'
import { TestsPanel } from './tests-panel'
import type { Editor } from './use-editor'

/** What is said about the text, under it, and the way on. */
export function EditorTabs({ editor, engine }: { readonly editor: Editor; readonly engine: EngineClient }) {
  const { props, standing, tab, setTab, line, fix, text, readOnly } = editor
  const { run, stale } = standing
  const problems = run?.problems ?? []
  const tests = run?.tests ?? []
  const green = tests.filter(({ passed }) => passed).length
  const hasErrors = problems.some(({ severity }) => severity === 'error')
  const tabs = [
    {
      id: 'problems',
      label: run ? `Problems ${problems.length}` : 'Problems',
      tone: hasErrors ? ('bad' as const) : problems.length > 0 ? ('warning' as const) : undefined,
      panel: () => run && <ProblemsPanel problems={problems} engine={engine} editable={readOnly === null} onGo={line} onFix={fix} />,
    },
    {
      id: 'tests',
      label: run ? `Tests ${green}/${tests.length}` : 'Tests',
      tone: green < tests.length ? ('bad' as const) : undefined,
      panel: () => run && <TestsPanel tests={tests} stale={stale} onLine={line} />,
    },
    {
      id: 'changes',
      label: props.inForce ? `Changes against v${props.inForce.version}` : 'Changes',
      panel: () => run && <ChangesPanel inForce={props.inForce} text={text()} changes={run?.changes ?? []} />,
    },
    {
      id: 'reach',
      label: 'Who can do what',
      panel: () => <ReachPanel engine={engine} run={run} servers={props.servers} principals={props.principals} onLine={line} />,
    },
  ]
  return <BottomTabs value={tab} onChange={setTab} tabs={tabs} end={<EditorNext editor={editor} />} />
}
