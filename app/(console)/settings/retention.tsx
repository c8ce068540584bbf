import { Erasures } from '../../../components/retention/erasures'
import { LegalHolds } from '../../../components/retention/legal-holds'
import { RetentionSetting } from '../../../components/retention/retention-setting'
import type { ErasureShown, LegalHoldShown } from '../../../components/retention/retention-shown'
import { type Actor, hasRight } from '../../../core/roles'
import { type Erasure, listErasures } from '../../../db/erasures'
import { type LegalHold, listLegalHolds } from '../../../db/legal-holds'
import { namesOf } from '../../../db/policy-list'
import { readRetention } from '../../../db/retention'
import { database } from '../../_server/database'
import { shownWho } from '../../_server/policy-page'
import { addLegalHold, endLegalHold, eraseAgent, setRetention } from './actions'

const LAST = 20

/** How long clear text is kept, what keeps it longer, and what was erased. */
export async function Retention({ actor }: { readonly actor: Actor }) {
  const [setting, holds, erasures] = await Promise.all([
    readRetention(database()),
    listLegalHolds(database()),
    listErasures(database(), LAST),
  ])
  const who = await knownBy([
    setting.changedBy,
    ...holds.flatMap(({ openedBy, lifted }) => [openedBy, lifted?.by]),
    ...erasures.map(({ actor: by }) => by),
  ])
  const { days, revision, changedBy, changedAt } = setting
  const changed = changedBy === null ? null : { by: who(changedBy), at: changedAt.toISOString() }
  return (
    <section aria-labelledby="retention" className="mt-10">
      <h2 id="retention" className="font-medium text-lg">
        How long clear text is kept
      </h2>
      <p className="mt-1 mb-4 max-w-2xl text-quiet">
        Arguments, results and what people said stand beside the log, and go when their days are over. Entries never go: what they commit to
        stays, so the log still verifies.
      </p>
      <RetentionSetting
        key={revision}
        setting={{ days, revision, changed }}
        change={hasRight(actor, 'settings.manage') ? setRetention : null}
      />
      <h3 className="mt-8 mb-2 font-medium">Legal holds</h3>
      <LegalHolds
        holds={holds.map((hold) => holdShown(hold, who))}
        actions={hasRight(actor, 'retention.hold') ? { add: addLegalHold, lift: endLegalHold } : null}
      />
      <h3 className="mt-8 mb-2 font-medium">Last erasures</h3>
      <Erasures
        erasures={erasures.map((erasure) => erasureShown(erasure, who))}
        erase={hasRight(actor, 'retention.erase') ? eraseAgent : null}
      />
    </section>
  )
}

type Who = (id: string) => ReturnType<typeof shownWho>

async function knownBy(ids: readonly (string | null | undefined)[]): Promise<Who> {
  const names = await namesOf(
    database(),
    ids.flatMap((id) => (id ? [id] : [])),
  )
  return (id) => shownWho({ id, name: names.get(id) ?? null })
}

const holdShown = ({ id, scope, because, openedBy, openedAt, lifted }: LegalHold, who: Who): LegalHoldShown => ({
  ...{ id, scope, because },
  by: who(openedBy),
  at: openedAt.toISOString(),
  lifted: lifted && { by: who(lifted.by), at: lifted.at.toISOString(), because: lifted.because },
})

const erasureShown = ({ id, kind, what, because, actor, at, erased, held, isTold, doneAt }: Erasure, who: Who): ErasureShown => ({
  ...{ id, kind, what, because, erased, held, isTold },
  by: actor === null ? null : who(actor),
  at: at.toISOString(),
  isDone: doneAt !== null,
})
