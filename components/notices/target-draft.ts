import { NOTICE_EVENTS } from '../../core/notices/news'
import type { MailSecurity, TargetDraft, TargetKind } from '../../core/notices/targets'

/** What the form's fields say. A secret that is left empty stays as it is kept, where something is kept. */
export function draftFrom(form: FormData, kind: TargetKind, isKept: boolean): TargetDraft {
  const text = (name: string): string => String(form.get(name) ?? '')
  const secret = (name: string): string | null => (text(name) === '' && isKept ? null : text(name))
  const named = { name: text('name'), events: NOTICE_EVENTS.filter((event) => form.has(event)) }
  switch (kind) {
    case 'webhook':
      return { ...named, kind, url: text('url') }
    case 'slack':
      return { ...named, kind, url: secret('url') }
    case 'email': {
      const user = text('user') || null
      const setup = { host: text('host'), port: Number(text('port')), security: text('security') as MailSecurity, user, from: text('from') }
      // Where nobody signs in, no password is kept either.
      return { ...named, kind, to: text('to'), setup, password: user === null ? '' : secret('password') }
    }
  }
}
