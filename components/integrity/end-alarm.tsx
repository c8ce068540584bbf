'use client'

import { BecauseDialog } from '../retention/because-dialog'
import { Button } from '../ui/button'
import type { EndAlarm as End } from './integrity-shown'

/** For whoever looked into it. */
export function EndAlarm({ id, end }: { readonly id: string; readonly end: End }) {
  return (
    <BecauseDialog
      title="End this alarm?"
      description="It stays in the list, with your name and what you say here. What is still so will be noticed again."
      word="End"
      done="The alarm is ended."
      verb={end}
      given={(because) => ({ id, because })}
      trigger={
        <Button size="sm" look="danger">
          End
        </Button>
      }
    />
  )
}
