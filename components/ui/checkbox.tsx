import { Check } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { cn } from './class-names'

type CheckboxProps = Omit<ComponentProps<'input'>, 'type'> & { readonly label: ReactNode; readonly hint?: ReactNode }

/** The box and its words are one target. A plain input underneath, so that a form sends it without scripts. */
export function Checkbox({ label, hint, className, ...rest }: CheckboxProps) {
  return (
    <label
      className={cn('flex items-start gap-2 py-1 text-sm has-disabled:text-quiet pointer-coarse:min-h-10 pointer-coarse:py-2', className)}
    >
      <span className="relative mt-0.5 inline-flex">
        <input
          type="checkbox"
          className="peer size-4 appearance-none rounded-sm border border-edge bg-raised checked:border-accent checked:bg-accent disabled:opacity-55"
          {...rest}
        />
        <Check
          aria-hidden="true"
          strokeWidth={3}
          className="pointer-events-none absolute inset-0 m-auto size-3 text-on-accent opacity-0 peer-checked:opacity-100"
        />
      </span>
      <span>
        {label}
        {hint !== undefined && <span className="block text-quiet">{hint}</span>}
      </span>
    </label>
  )
}
