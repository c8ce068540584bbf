'use client'

import { Bell, BellOff } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { quote } from '../../core/quote'
import { listenLive } from '../live/live-store'
import { Button } from '../ui/button'
import { say } from '../ui/toast'

const KEY = 'countersign.notify'

/** Tells of new calls outside the page, for whoever asked for it in this browser. What a call carries is never in it. */
export function Notify() {
  const [isOn, setIsOn] = useState<boolean | null>(null)
  useEffect(
    () => setIsOn('Notification' in window ? localStorage.getItem(KEY) === 'on' && Notification.permission === 'granted' : null),
    [],
  )
  useTelling(isOn === true)
  if (isOn === null) return null
  const turn = async () => {
    const next = !isOn && (await Notification.requestPermission()) === 'granted'
    localStorage.setItem(KEY, next ? 'on' : 'off')
    setIsOn(next)
    if (!isOn && !next) say.failed('The browser does not let this page notify you: allow it in its settings for this site.')
  }
  return (
    <Button look="quiet" size="sm" aria-pressed={isOn} onClick={() => void turn()}>
      {isOn ? <Bell className="text-accent" /> : <BellOff />}
      {isOn ? 'Notifies you' : 'Notify me'}
    </Button>
  )
}

function useTelling(isOn: boolean): void {
  const last = useRef<string | null | undefined>(undefined)
  useEffect(() => {
    if (!isOn) return
    return listenLive('holds', ({ newest }) => {
      const isNew = last.current !== undefined && newest !== null && newest.id !== last.current
      last.current = newest?.id ?? null
      if (!isNew || !newest || document.hasFocus()) return
      const body = `${quote(newest.tool, 60)} on ${quote(newest.server, 60)}`
      const notice = new Notification('A call waits for people', { body, tag: newest.id })
      notice.addEventListener('click', () => {
        window.focus()
        location.assign(`/inbox/${newest.id}`)
      })
    })
  }, [isOn])
}
