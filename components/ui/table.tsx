import type { ComponentProps, ReactNode } from 'react'
import { cn } from './class-names'

/** Dense rows under a head that stays in sight; on a phone each row is a small card of the same cells. The caption is spoken only. */
export function Table({ caption, className, children, ...rest }: ComponentProps<'table'> & { readonly caption: string }) {
  return (
    <table className={cn('block w-full border-separate border-spacing-0 text-sm md:table', className)} {...rest}>
      <caption className="sr-only">{caption}</caption>
      {children}
    </table>
  )
}

/** The names of the columns, in a row of their own. */
export function TableHead({ children }: { readonly children: ReactNode }) {
  return (
    <thead className="sr-only md:not-sr-only md:table-header-group">
      <tr>{children}</tr>
    </thead>
  )
}

export function HeadCell({ className, numeric = false, ...rest }: ComponentProps<'th'> & { readonly numeric?: boolean }) {
  return (
    <th
      scope="col"
      className={cn(
        'sticky top-11 z-10 h-8 whitespace-nowrap border-line border-b bg-page px-3 font-medium text-quiet text-xs first:pl-2',
        numeric ? 'text-right' : 'text-left',
        className,
      )}
      {...rest}
    />
  )
}

export function TableBody({ className, ...rest }: ComponentProps<'tbody'>) {
  return <tbody className={cn('block md:table-row-group', className)} {...rest} />
}

export function TableRow({ className, ...rest }: ComponentProps<'tr'>) {
  return (
    <tr
      className={cn(
        'group/row grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1 border-line border-b py-2.5 hover:bg-hover/60 md:table-row md:py-0',
        className,
      )}
      {...rest}
    />
  )
}

type CellProps = Omit<ComponentProps<'td'>, 'label'> & {
  readonly numeric?: boolean
  /** On a phone: takes the whole width of the card. */
  readonly wide?: boolean
  /** On a phone: in the upper right corner of the card, beside the first two cells. */
  readonly corner?: boolean
  /** On a phone: the name of the column before the value, where the value does not speak for itself. */
  readonly label?: string
}

export function Cell({ numeric = false, wide = false, corner = false, label, className, children, ...rest }: CellProps) {
  return (
    <td
      className={cn(
        'block min-w-0 border-line md:table-cell md:h-8 md:border-b md:px-3 md:py-1 md:first:pl-2',
        numeric && 'text-right tabular-nums',
        wide && 'col-span-2',
        corner && 'max-md:col-start-2 max-md:row-span-2 max-md:row-start-1 max-md:self-start max-md:justify-self-end md:text-right',
        className,
      )}
      {...rest}
    >
      {label !== undefined && <span className="mr-1.5 text-quiet md:hidden">{label}</span>}
      {children}
    </td>
  )
}
