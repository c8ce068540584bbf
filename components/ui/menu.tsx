'use client'

import { Check } from 'lucide-react'
import * as Radix from 'radix-ui/dropdown-menu'
import type { ReactNode } from 'react'
import { cn } from './class-names'
import { Link } from './link'
import './nonce'
import { OVERLAY_LOOK } from './overlay-look'

type MenuProps = {
  readonly trigger: ReactNode
  readonly align?: 'start' | 'center' | 'end'
  readonly side?: 'top' | 'bottom' | 'right'
  readonly children: ReactNode
}

/** A list of actions behind a button; arrows, letters and Escape work. It stays where it is written, so that it is inside a landmark. */
export function Menu({ trigger, align = 'end', side = 'bottom', children }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Content align={align} side={side} sideOffset={4} collisionPadding={8} className={cn(OVERLAY_LOOK, 'z-50 min-w-44 p-1')}>
        {children}
      </Radix.Content>
    </Radix.Root>
  )
}

const ITEM_LOOK =
  'flex h-8 cursor-default select-none items-center gap-2 rounded-sm px-2 text-sm outline-none data-disabled:text-quiet data-disabled:opacity-60 data-highlighted:bg-hover pointer-coarse:h-10 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-quiet'

type MenuItemProps = {
  readonly onSelect?: () => void
  readonly href?: string
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly children: ReactNode
}

/** One action, or with `href` one place to go. */
export function MenuItem({ onSelect, href, danger = false, disabled = false, children }: MenuItemProps) {
  const look = cn(ITEM_LOOK, danger && 'text-deny [&_svg]:text-deny')
  if (href === undefined)
    return (
      <Radix.Item className={look} disabled={disabled} {...(onSelect ? { onSelect } : {})}>
        {children}
      </Radix.Item>
    )
  return (
    <Radix.Item className={look} disabled={disabled} asChild>
      <Link href={href}>{children}</Link>
    </Radix.Item>
  )
}

type MenuChoiceProps<T extends string> = {
  readonly value: T
  readonly onChange: (value: T) => void
  readonly choices: readonly { readonly value: T; readonly label: ReactNode }[]
}

/** One of a few. */
export function MenuChoice<T extends string>({ value, onChange, choices }: MenuChoiceProps<T>) {
  const choose = (chosen: string) => {
    const choice = choices.find((each) => each.value === chosen)
    if (choice) onChange(choice.value)
  }
  return (
    <Radix.RadioGroup value={value} onValueChange={choose}>
      {choices.map((choice) => (
        <Radix.RadioItem key={choice.value} value={choice.value} className={ITEM_LOOK}>
          <span className="flex flex-1 items-center gap-2">{choice.label}</span>
          <Radix.ItemIndicator>
            <Check />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-quiet text-xs">{children}</Radix.Label>
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 border-line border-t" />
}
