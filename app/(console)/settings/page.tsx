import type { Metadata } from 'next'
import { ReviewSetting } from '../../../components/policies/review-setting'
import { PageHeader } from '../../../components/ui/page-header'
import { hasRight } from '../../../core/roles'
import { namesOf } from '../../../db/policy-list'
import { isReviewRequired, peopleWith, readSettings } from '../../../db/settings'
import { database } from '../../_server/database'
import { shownWho } from '../../_server/policy-page'
import { actorOrSignIn } from '../../_server/session'
import { setReview } from './actions'
import { Notifications } from './notifications'
import { Retention } from './retention'

export const metadata: Metadata = { title: 'Settings' }

export default async function SettingsPage() {
  const actor = await actorOrSignIn('settings.read')
  const [settings, isRequired, authors] = await Promise.all([
    readSettings(database()),
    isReviewRequired(database()),
    peopleWith(database(), 'policy.draft'),
  ])
  const { changedBy, changedAt, review, revision } = settings
  const by = changedBy === null ? null : shownWho({ id: changedBy, name: (await namesOf(database(), [changedBy])).get(changedBy) ?? null })
  return (
    <>
      <PageHeader title="Settings">What this organisation decided for itself. Every change is kept in the log.</PageHeader>
      <ReviewSetting
        key={revision}
        setting={{ review, revision, changed: by && { by, at: changedAt.toISOString() } }}
        isRequired={isRequired}
        authors={authors.size}
        change={hasRight(actor, 'settings.manage') ? setReview : null}
      />
      <Retention actor={actor} />
      {hasRight(actor, 'settings.manage') && <Notifications />}
    </>
  )
}
