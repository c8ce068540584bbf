import { endOf } from '../decision-words'
import { type EntryShown, numberOf, sizeWords, textOf } from './call-shown'
import { durationWords } from './explorer'
import { FactList, timeFact, told } from './fact-list'

/** What became of a decision, as its receipt has it. */
export function ReceiptFacts({ entry: { fields, recordedAt } }: { readonly entry: EntryShown }) {
  const status = textOf(fields.status) ?? ''
  const took = numberOf(fields.durationMs)
  const size = numberOf(fields.sizeBytes)
  return (
    <FactList
      facts={[
        { name: 'End', value: endOf({ outcome: 'allow', status }) },
        told('Status', status),
        told('Code', textOf(fields.code)),
        took === null ? null : { name: 'Took', value: durationWords(took) },
        timeFact('Started', textOf(fields.startedAt), 'gateway'),
        size === null ? null : { name: 'Reply', value: sizeWords(size) },
        timeFact('Recorded', recordedAt, 'database'),
      ]}
    />
  )
}
