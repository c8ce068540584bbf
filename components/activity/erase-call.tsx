'use client'

import { Eraser } from 'lucide-react'
import { BecauseDialog } from '../retention/because-dialog'
import type { EraseCall as Erase } from '../retention/retention-shown'
import { Button } from '../ui/button'

/** Asks why, and has what the call carried erased. */
export function EraseCall({ call, erase }: { readonly call: string; readonly erase: Erase }) {
  return (
    <BecauseDialog
      title="Erase what this call carried"
      description="Its arguments, its result and what people said of it go for good. Its entries stay, and the log still verifies."
      word="Erase"
      done="The clear text of this call is erased."
      verb={erase}
      given={(because) => ({ call, because })}
      trigger={
        <Button look="danger" size="sm">
          <Eraser />
          Erase…
        </Button>
      }
    />
  )
}
