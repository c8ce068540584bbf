'use client'

import { useFormStatus } from 'react-dom'
import { Button, type ButtonProps } from './button'

/** The button of a form with a server action: pending while that form is on its way. */
export function SubmitButton({ look = 'primary', ...rest }: Omit<ButtonProps, 'type' | 'pending'>) {
  const { pending } = useFormStatus()
  return <Button type="submit" look={look} pending={pending} {...rest} />
}
