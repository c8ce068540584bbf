import { type ReactNode, useId } from 'react'
import { cn } from './class-names'

type FieldProps = {
  readonly label: ReactNode
  readonly hint?: ReactNode
  /** One sentence: what is wrong and what to do. */
  readonly error?: ReactNode
  readonly className?: string
  readonly children: (control: FieldControl) => ReactNode
}

/** What the control must spread, so that its label, hint and error are spoken with it. */
export type FieldControl = { readonly id: string; readonly 'aria-describedby'?: string; readonly 'aria-invalid'?: true }

/** A label above, a control, and under it either the hint or what is wrong: <Field label="Email">{(control) => <Input {...control} name="email" />}</Field> */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId()
  const below = error ?? hint
  const isWrong = error !== undefined && error !== null && error !== ''
  return (
    <div className={cn('space-y-1', className)}>
      <label htmlFor={id} className="block font-medium text-sm">
        {label}
      </label>
      {children({ id, ...(below ? { 'aria-describedby': `${id}-below` } : {}), ...(isWrong ? { 'aria-invalid': true } : {}) })}
      {below && (
        <p id={`${id}-below`} className={cn('text-sm', isWrong ? 'text-deny' : 'text-quiet')} {...(isWrong ? { role: 'alert' } : {})}>
          {below}
        </p>
      )}
    </div>
  )
}
