'use client'

import type { ComponentProps, ReactNode } from 'react'
import { useAwake } from './awake'
import { cn } from './class-names'

type SwitchProps = Omit<ComponentProps<'input'>, 'type'> & { readonly label: ReactNode; readonly hint?: ReactNode }

/** On or off. A plain checkbox underneath, so that a form sends it; where a press acts at once, it waits until it can. */
export function Switch({ label, hint, className, disabled, ...rest }: SwitchProps) {
  const isAwake = useAwake()
  return (
    <label className={cn('flex items-start justify-between gap-4 py-1 text-sm pointer-coarse:min-h-10', className)}>
      <span>
        {label}
        {hint !== undefined && <span className="block text-quiet">{hint}</span>}
      </span>
      <span className="relative mt-0.5 inline-flex">
        <input
          type="checkbox"
          disabled={disabled === true || (rest.onChange !== undefined && !isAwake)}
          className="peer h-5 w-9 appearance-none rounded-full border border-edge bg-sunken transition-colors duration-120 checked:border-accent checked:bg-accent disabled:opacity-55"
          {...rest}
        />
        <span
          aria-hidden="true"
          className="pointer-events-none absolute top-1 left-1 size-3 rounded-full bg-edge transition-transform duration-120 peer-checked:translate-x-4 peer-checked:bg-on-accent"
        />
      </span>
    </label>
  )
}
