'use client'

import { Check, Copy, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from './button'

const SAID_MS = 1_500

type Said = 'nothing' | 'copied' | 'refused'

const SIGNS = { nothing: <Copy />, copied: <Check className="text-allow" />, refused: <X className="text-deny" /> } as const

/** Puts `text` on the clipboard and says whether it did. */
export function CopyButton({
  text,
  label = 'Copy',
  className,
}: {
  readonly text: string
  readonly label?: string
  readonly className?: string
}) {
  const [said, setSaid] = useState<Said>('nothing')
  useEffect(() => {
    if (said === 'nothing') return
    const timer = setTimeout(() => setSaid('nothing'), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setSaid('copied'),
      () => setSaid('refused'),
    )
  }
  return (
    <Button look="quiet" size="icon" className={className} onClick={copy} aria-label={label} title={label}>
      {SIGNS[said]}
      <span className="sr-only" aria-live="polite">
        {said === 'copied' && 'Copied'}
        {said === 'refused' && 'The browser refused; select the text and copy it.'}
      </span>
    </Button>
  )
}
