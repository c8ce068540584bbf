import { ArrowLeftRight } from 'lucide-react'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { Fragment } from 'react'
import { LazyPolicyDiff } from '../../../../../components/editor/load'
import { FittedDiff } from '../../../../../components/policies/fitted-diff'
import { Message } from '../../../../../components/policies/message'
import { RuleChanges } from '../../../../../components/policies/rule-changes'
import { Specimen } from '../../../../../components/specimen'
import { LinkButton } from '../../../../../components/ui/link-button'
import { PageHeader } from '../../../../../components/ui/page-header'
import { readVersion } from '../../../../../db/policies'
import { database } from '../../../../_server/database'
import { changesBetween, nameFrom, type PolicyParams } from '../../../../_server/policy-page'
import { actorOrSignIn } from '../../../../_server/session'

type Asked = { readonly from?: string | string[]; readonly to?: string | string[] }
type Props = PolicyParams & { readonly searchParams: Promise<Asked> }

export async function generateMetadata(props: Props): Promise<Metadata> {
  const { from, to } = await props.searchParams
  return { title: `${await nameFrom(props)} v${numberFrom(from) ?? '?'} → v${numberFrom(to) ?? '?'}` }
}

export default async function ComparePage(props: Props) {
  await actorOrSignIn('policy.read')
  const name = await nameFrom(props)
  const asked = await props.searchParams
  const [before, after] = await Promise.all([versionOf(name, asked.from), versionOf(name, asked.to)])
  if (!before || !after) notFound()
  return (
    <>
      <PageHeader
        title={
          <>
            <Specimen text={name} plain /> v{before.version} → v{after.version}
          </>
        }
        actions={
          <>
            <LinkButton href={`/policies/${name}`} fresh>
              All versions
            </LinkButton>
            <LinkButton href={`/policies/${name}/compare?from=${after.version}&to=${before.version}`}>
              <ArrowLeftRight />
              Turn round
            </LinkButton>
          </>
        }
      >
        Two versions as they were published.
      </PageHeader>
      <dl className="mb-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        {[before, after].map(({ version, message }) => (
          <Fragment key={version}>
            <dt className="text-quiet tabular-nums">v{version}</dt>
            <dd>
              <Message text={message} />
            </dd>
          </Fragment>
        ))}
      </dl>
      <RuleChanges changes={changesBetween(before.yaml, after.yaml)} className="mb-3" />
      <FittedDiff texts={[before.yaml, after.yaml]} className="max-h-[calc(100dvh-16rem)]">
        <LazyPolicyDiff
          before={{ title: `Version ${before.version}`, text: before.yaml }}
          after={{ title: `Version ${after.version}`, text: after.yaml }}
        />
      </FittedDiff>
    </>
  )
}

const versionOf = async (name: string, asked: string | string[] | undefined) => {
  const version = numberFrom(asked)
  return version === null ? null : readVersion(database(), name, version)
}

const numberFrom = (given: string | string[] | undefined): number | null =>
  typeof given === 'string' && /^[1-9]\d{0,8}$/.test(given) ? Number(given) : null
