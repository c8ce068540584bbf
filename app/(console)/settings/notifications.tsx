import { Deliveries } from '../../../components/notices/deliveries'
import type { NoticeShown, TargetShown } from '../../../components/notices/notice-shown'
import { Targets } from '../../../components/notices/targets'
import { Specimen } from '../../../components/specimen'
import { Callout } from '../../../components/ui/callout'
import type { MailSetup } from '../../../core/notices/targets'
import { listTargets, type TargetRow } from '../../../db/notice-targets'
import { listNotices, listUnknownNames, type NoticeRow } from '../../../db/notices'
import { namesOf } from '../../../db/policy-list'
import { database } from '../../_server/database'
import { shownWho } from '../../_server/policy-page'
import { noticeKey } from '../../_server/telling'
import { deleteTarget, retryDelivery, saveTarget, testTarget, turnTarget } from './actions'

const DELIVERIES = 20

/** For whoever may change it: where people are told of held calls, and how that goes. */
export async function Notifications() {
  const [rows, notices, unknown] = await Promise.all([
    noticeKey().then((key) => listTargets(database(), key)),
    listNotices(database(), DELIVERIES),
    listUnknownNames(database()),
  ])
  const names = await namesOf(database(), [...new Set(rows.map(({ changedBy }) => changedBy))])
  return (
    <section aria-labelledby="notifications" className="mt-10">
      <h2 id="notifications" className="font-medium text-lg">
        Notifications
      </h2>
      <p className="mt-1 mb-4 max-w-2xl text-quiet">
        Who hears of a call that waits for people. A policy names destinations in <code>notify</code>; where it names none, all of them are
        told.
      </p>
      {unknown.length > 0 && <UnknownNames names={unknown} />}
      <Targets
        targets={rows.map((row) => targetShown(row, names.get(row.changedBy) ?? null))}
        actions={{ save: saveTarget, turn: turnTarget, remove: deleteTarget, test: testTarget }}
      />
      <h3 className="mt-8 mb-2 font-medium">Last deliveries</h3>
      <Deliveries notices={notices.map(noticeShown)} retry={retryDelivery} />
    </section>
  )
}

function UnknownNames({ names }: { readonly names: readonly string[] }) {
  return (
    <Callout tone="warning" className="mb-4" title="Held calls were to be told to somebody who is not here">
      Add a destination of that name, or take it out of the policy:{' '}
      {names.map((name, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <Specimen text={name} plain />
        </span>
      ))}
    </Callout>
  )
}

const targetShown = ({ changedBy, changedAt, setup, ...row }: TargetRow, name: string | null): TargetShown => ({
  ...row,
  mail: row.kind === 'email' ? (setup as unknown as MailSetup) : null,
  changed: { by: shownWho({ id: changedBy, name }), at: changedAt.toISOString() },
})

const noticeShown = ({ madeAt, nextAt, last, ...row }: NoticeRow): NoticeShown => ({
  ...row,
  madeAt: madeAt.toISOString(),
  nextAt: nextAt?.toISOString() ?? null,
  last: last && { ...last, at: last.at.toISOString() },
})
