import { Result, Skeleton } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import { Link, Navigate } from 'react-router'
import { useOperator } from '../api/session'
import { useAnyWord, useWords } from '../i18n'
import { Forbidden } from '../ui/forbidden'
import { PageHeader } from '../ui/page-header'
import { useSlow } from '../ui/use-slow'
import type { PageRoute } from './page-route'
import { routes } from './routes'

function Waiting() {
  return useSlow(true) ? <Skeleton active /> : null
}

/** One page, loaded when it is opened, or who may read it. */
export function Page({ route }: { route: PageRoute }) {
  const { role } = useOperator()
  const t = useAnyWord()
  const Shown = useMemo(() => lazy(route.load), [route])
  if (!route.roles.includes(role)) {
    return (
      <>
        <PageHeader title={t(route.title)} />
        <Forbidden roles={route.roles} />
      </>
    )
  }
  return (
    <Suspense fallback={<Waiting />}>
      <Shown />
    </Suspense>
  )
}

/** The first page that the operator may read. */
export function Home() {
  const { role } = useOperator()
  const t = useWords('ui')
  const first = routes.find((route) => route.nav && route.roles.includes(role))
  return first ? <Navigate to={first.path} replace /> : <Result status="info" title={t('nothing_here')} />
}

/** There is no such page. */
export function Lost() {
  const t = useWords('ui')
  return (
    <>
      <PageHeader title={t('lost_title')} />
      <Result status="404" title={t('lost')} extra={<Link to="/">{t('to_start')}</Link>} />
    </>
  )
}
