import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { Loaded, PageHeader, Time, usePhone } from '../../../ui'
import { AlertActions } from '../actions'
import { said, type Alert } from '../model'
import { AlertTags, PatternName, ResponseClock, SeverityTag } from '../tags'
import { NextSteps } from './next-steps'

/** One alert: what, since when, who and how many, and what to do. */
export default function AlertPage() {
  const { id = '' } = useParams()
  const query = useQuery({
    queryKey: ['alert', id], refetchInterval: 5_000,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/alerts/{id}', { params: { path: { id } }, signal })),
  })
  return <Loaded query={query}>{(alert) => <Card alert={alert} />}</Loaded>
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function Card({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  const language = useLanguage()
  const phone = usePhone()
  return (
    <div className="above-thumb-bar">
      <PageHeader title={said(alert.what, language)} about={<Summary alert={alert} />} actions={phone ? null : <AlertActions alert={alert} />} />
      <div className="alert-columns">
        <div className="stack">
          <Part title={t('next')}>
            <p className="alert-text">{said(alert.next, language)}</p>
            <NextSteps alert={alert} />
          </Part>
          <Part title={t('evidence')}><p className="alert-text">{said(alert.evidence, language)}</p></Part>
          <Part title={t('done')}><p className="alert-text">{said(alert.done, language) || t('done_nothing')}</p></Part>
        </div>
        <div className="stack">
          <Part title={t('clock')}><p className="alert-clock"><ResponseClock alert={alert} /></p></Part>
          <section className="panel"><Facts alert={alert} /></section>
        </div>
      </div>
      {phone ? <AlertActions alert={alert} /> : null}
    </div>
  )
}

/** What somebody needs in the first seconds, on the first screen of a phone. */
function Summary({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  const ui = useWords('ui')
  return (
    <span className="alert-summary">
      <AlertTags alert={alert} />
      <span className="summary-line">
        <span>{t('since')} <Time value={alert.since} /></span>
        {alert.accounts > 0 ? <span>{t('accounts')} {t('accounts_n', { n: alert.accounts })}</span> : null}
        {alert.pools?.length ? <span>{t('pools')} {alert.pools.join(ui('list_comma'))}</span> : null}
      </span>
    </span>
  )
}

function Facts({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  const ui = useWords('ui')
  const facts: [string, ReactNode][] = [
    [t('since'), <Time key="s" value={alert.since} />],
    [t('last_seen'), <Time key="l" value={alert.last_seen} />],
    [t('accounts'), alert.accounts > 0 ? t('accounts_n', { n: alert.accounts }) : '—'],
    [t('pools'), (alert.pools ?? []).join(ui('list_comma')) || '—'],
    [t('severity'), <SeverityTag key="v" severity={alert.severity} />],
    [t('pattern'), <PatternName key="p" pattern={alert.pattern} />],
    ...(alert.group ? [[t('subject'), alert.group] satisfies [string, ReactNode]] : []),
    [t('due'), <Time key="d" value={alert.due} />],
    ...(alert.acknowledged_by ? [[t('taken_by'), <>{alert.acknowledged_by} <Time value={alert.acknowledged_at} /></>] satisfies [string, ReactNode]] : []),
    ...(alert.closed_at ? [[t('closed_by'), <>{alert.closed_by || t('closed_itself')} <Time value={alert.closed_at} /></>] satisfies [string, ReactNode]] : []),
    ...(alert.note ? [[t('note'), alert.note] satisfies [string, ReactNode]] : []),
  ]
  return <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}
