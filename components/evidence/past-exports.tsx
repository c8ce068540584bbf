import { PersonName } from '../policies/person-name'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import type { ExportShown } from './evidence-shown'

/** What left, as the log tells of it. */
export function PastExports({ exports }: { readonly exports: readonly ExportShown[] }) {
  if (exports.length === 0) return <p className="text-quiet">Nothing has left this log as a file.</p>
  return (
    <Table caption="Exports">
      <TableHead>
        <HeadCell>When</HeadCell>
        <HeadCell>By</HeadCell>
        <HeadCell>What</HeadCell>
        <HeadCell numeric>Out of entries</HeadCell>
      </TableHead>
      <TableBody>
        {exports.map((each) => (
          <TableRow key={each.key}>
            <Cell className="text-quiet">
              <RelativeTime at={each.at} />
            </Cell>
            <Cell corner>
              <PersonName person={each.by} />
            </Cell>
            <Cell wide className="wrap-anywhere">
              <What told={each} />
            </Cell>
            <Cell wide numeric label="Out of entries" className="max-md:text-left">
              {each.entries?.toLocaleString('en') ?? '–'}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function What({ told: { form, scope, clearText } }: { readonly told: ExportShown }) {
  return (
    <>
      {form === 'proof' ? 'Proof of one entry' : scope.length === 0 && 'Everything'}
      {scope.map(({ name, value }, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <span className="text-quiet">{name}</span> <Specimen text={value} plain />
        </span>
      ))}{' '}
      {clearText && <Badge tone="warning">with clear text</Badge>}
    </>
  )
}
