'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { setGroups } from '../../../db/groups'
import { setDisabled, setRoles } from '../../../db/people'
import { cancelInvite, invite } from '../../../db/people-invites'
import { openReset } from '../../../db/people-resets'
import { readConfig } from '../../_server/config'
import { idInput, inputOf } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { consoleWriter } from '../../_server/writer'

const Roles = z.array(z.string().max(20)).max(20)

const Invitation = z.object({ email: z.string().max(300), roles: Roles })

/** The link is shown to whoever invites, once: they send it themselves. */
export async function inviteUser(input: z.input<typeof Invitation>): Promise<Outcome<{ readonly link: string }>> {
  return outcomeOf(async () => {
    const actor = await requireActor('user.manage')
    const { token } = await invite(await consoleWriter(), actor, inputOf(Invitation, input))
    revalidatePath('/users')
    return { link: `${readConfig().publicUrl}/invite/${token}` }
  })
}

export async function takeBackInvite(id: string): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('user.manage')
    await cancelInvite(await consoleWriter(), actor, inputOf(idInput, id))
    revalidatePath('/users')
    return null
  })
}

const RoleChange = z.object({ user: idInput, roles: Roles, shown: Roles })

/** Their sessions end: they sign in with the new roles. */
export async function changeRoles(input: z.input<typeof RoleChange>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('user.manage')
    await setRoles(await consoleWriter(), actor, inputOf(RoleChange, input))
    revalidatePath('/users')
    return null
  })
}

const GroupChange = z.object({ user: idInput, groups: z.array(z.string().max(70)).max(100), shown: z.array(z.string().max(70)).max(100) })

/** Policies name groups as approvers; who is in them counts when an approval is used. */
export async function changeGroups(input: z.input<typeof GroupChange>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('user.manage')
    await setGroups(await consoleWriter(), actor, inputOf(GroupChange, input))
    revalidatePath('/users')
    return null
  })
}

const Standing = z.object({ user: idInput, disabled: z.boolean() })

export async function changeStanding(input: z.input<typeof Standing>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('user.manage')
    await setDisabled(await consoleWriter(), actor, inputOf(Standing, input))
    revalidatePath('/users')
    return null
  })
}

/** The link is shown to whoever asked for it, once: they send it themselves. The password of before works until it is used. */
export async function makeResetLink(user: string): Promise<Outcome<{ readonly link: string }>> {
  return outcomeOf(async () => {
    const actor = await requireActor('user.manage')
    const { token } = await openReset(await consoleWriter(), actor, inputOf(idInput, user))
    return { link: `${readConfig().publicUrl}/reset/${token}` }
  })
}
