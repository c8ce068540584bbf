'use client'

import { Ellipsis, FlaskConical, ListPlus, Play } from 'lucide-react'
import { Button } from '../ui/button'
import { Menu, MenuItem } from '../ui/menu'
import { draftHref } from './explorer'

/** The editor's page has headers of its own, so it is loaded whole. */
const go = (href: string) => () => window.location.assign(href)

/** What can be done with a recorded call: each leads to the policy's draft with the call in hand. */
export function CallMenu({ call, policy }: { readonly call: string; readonly policy: string | null }) {
  return (
    <Menu
      trigger={
        <Button look="quiet" size="icon" aria-label="More about this call" className="size-6 pointer-coarse:size-10">
          <Ellipsis />
        </Button>
      }
    >
      {policy !== null && (
        <>
          <MenuItem onSelect={go(draftHref(policy, call, 'simulate'))}>
            <Play /> Simulate
          </MenuItem>
          <MenuItem onSelect={go(draftHref(policy, call, 'rule'))}>
            <ListPlus /> Make a rule
          </MenuItem>
          <MenuItem onSelect={go(draftHref(policy, call, 'test'))}>
            <FlaskConical /> Add as test
          </MenuItem>
        </>
      )}
      <MenuItem href={`/activity/${encodeURIComponent(call)}`}>Open</MenuItem>
    </Menu>
  )
}
