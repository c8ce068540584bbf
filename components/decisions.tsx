import { type DecisionRow, endOf, reasonOf, standingOf } from './decision-words'
import { OutcomeBadge } from './outcome-badge'
import { Specimen } from './specimen'

/** The last decisions, newest first: a table where there is room, a list of the same rows on a phone. */
export function Decisions({ rows }: { readonly rows: readonly DecisionRow[] }) {
  return (
    <table className="block w-full border-line md:table md:border-t">
      <caption className="sr-only">The last decisions, newest first</caption>
      <thead className="sr-only md:not-sr-only md:table-header-group">
        <tr className="text-left text-quiet text-xs">
          <Heading>Time (UTC)</Heading>
          <Heading>Decision</Heading>
          <Heading>Call</Heading>
          <Heading>Why</Heading>
          <Heading>What became of it</Heading>
        </tr>
      </thead>
      <tbody className="block md:table-row-group">
        {rows.map((row) => (
          <Row key={row.call + row.at} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Heading({ children }: { readonly children: string }) {
  return (
    <th scope="col" className="py-2 pr-4 font-medium">
      {children}
    </th>
  )
}

const CELL = 'md:table-cell md:py-2 md:pr-4 align-top'

function Row({ row }: { readonly row: DecisionRow }) {
  const [day = '', clock = ''] = row.at.slice(0, 19).split('T')
  return (
    <tr className="grid grid-cols-[1fr_auto] gap-x-3 gap-y-1 border-line border-t py-3 md:table-row md:py-0">
      <td className={`${CELL} order-2 whitespace-nowrap text-quiet text-sm tabular-nums md:order-none`}>
        <time dateTime={row.at} title={row.at}>
          <span className="hidden lg:inline">{day} </span>
          {clock}
        </time>
      </td>
      <td className={`${CELL} order-1 md:order-none`}>
        <OutcomeBadge standing={standingOf(row)} />
      </td>
      <td className={`${CELL} order-3 col-span-2 min-w-0`}>
        <Specimen text={row.tool ?? row.method} />
        <p className="mt-1 text-quiet text-sm">
          on <Name text={row.server} /> for <Name text={row.principal} />
        </p>
      </td>
      <td className={`${CELL} order-4 col-span-2 text-sm`}>
        {capital(reasonOf(row))}
        <Rule row={row} />
      </td>
      <td className={`${CELL} order-5 col-span-2 text-sm`}>{endOf(row)}</td>
    </tr>
  )
}

function Rule({ row: { rule, constraint } }: { readonly row: DecisionRow }) {
  if (rule === null) return '.'
  return (
    <>
      {' '}
      <span className="text-quiet">
        (<Name text={constraint === null ? rule : `${rule}, ${constraint}`} />)
      </span>
      .
    </>
  )
}

/** A short foreign name inside a sentence. */
function Name({ text }: { readonly text: string }) {
  return <Specimen text={text} plain />
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
