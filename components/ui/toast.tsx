'use client'

import { CircleAlert, CircleCheck } from 'lucide-react'
import { Toaster as Sonner, toast } from 'sonner'
import { cn } from './class-names'
import { OVERLAY_LOOK } from './overlay-look'

const FAILURE_STAYS_MS = 12_000

/** Where `say` is heard; once, in the frame. (proxy.ts names the hash of the one style sheet that sonner adds.) */
export function Toaster() {
  return (
    <Sonner
      position="bottom-right"
      offset={16}
      mobileOffset={{ bottom: 72, left: 12, right: 12 }}
      gap={8}
      containerAriaLabel="Messages"
      icons={{ success: <CircleCheck className="size-4 text-allow" />, error: <CircleAlert className="size-4 text-deny" /> }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast: cn(OVERLAY_LOOK, 'flex w-full items-start gap-2.5 p-3 text-sm md:w-90'),
          icon: 'mt-0.5 shrink-0',
          content: 'min-w-0 flex-1',
          title: 'font-medium wrap-anywhere',
          description: 'text-quiet wrap-anywhere',
        },
      }}
    />
  )
}

/** A sentence that comes and goes: what was done, or what failed and what to do. What must not be missed belongs on the page (Callout). */
export const say = {
  done: (sentence: string, more?: string) => void toast.success(sentence, more === undefined ? {} : { description: more }),
  failed: (sentence: string, more?: string) =>
    void toast.error(sentence, { duration: FAILURE_STAYS_MS, ...(more === undefined ? {} : { description: more }) }),
}
