import { Alert, Segmented, Tag } from 'antd'
import { useMemo, useState } from 'react'
import { Link } from 'react-router'
import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, param, Time, useUrlState } from '../../../ui'
import { Controls, periodShape } from '../parts/controls'
import { Figure } from '../parts/figure'
import { sourceName, valueName } from '../parts/names'
import { lastDays, type Period } from '../parts/period'
import { Trend } from '../parts/trend'
import { useQuality, useSeries, type About } from '../parts/use-quality'
import { Challenges } from './challenges'
import { Pools } from './pools'
import { Rules } from './rules'
import '../quality.css'

type Quality = Schema<'Quality'>

const rates = ['false_positive_rate', 'miss_rate', 'interception_rate'] as const

const tabs = ['time', 'rules', 'pools', 'challenges'] as const
const shape = { ...periodShape, tab: param.oneOf(tabs, 'time') }

/** Who was hurt, who got through, what was stopped: per account, from labels, with intervals. */
export default function QualityPage() {
  const t = useWords('quality')
  const [{ days, pool, immature, tab }, set] = useUrlState(shape)
  const [now] = useState(Date.now)
  const period = useMemo(() => lastDays(days, now), [days, now])
  const about = useMemo(() => ({ pool, immature }), [pool, immature])
  const query = useQuality(period, about)
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <Controls days={days} pool={pool} immature={immature} set={set} />
      <Loaded query={query}>{(q) => <><Basis quality={q} /><AsOf at={q.as_of} now={query.dataUpdatedAt} /></>}</Loaded>
      <Segmented className="quality-gap" value={tab} onChange={(key) => set({ tab: key })} aria-label={t('title')} options={tabs.map((key) => ({ value: key, label: t(`tab_${key}`) }))} />
      {tab === 'rules' ? <Rules period={period} about={about} />
        : tab === 'pools' ? <Pools period={period} about={about} />
        : tab === 'challenges' ? <Challenges period={period} about={about} />
        : query.data ? <Rates quality={query.data} period={period} about={about} step={days === 1 ? 'hour' : 'day'} /> : null}
    </>
  )
}

interface RatesProps {
  quality: Quality
  period: Period
  about: About
  step: 'hour' | 'day'
}

function Rates({ quality, period, about, step }: RatesProps) {
  const t = useWords('quality')
  const series = useSeries(period, about, step)
  return (
    <div className="quality-cards">
      {rates.map((rate) => (
        <section key={rate} className="panel">
          <h2>{t(rate)}</h2>
          <p className="muted">{t(`about_${rate}`)}</p>
          <Figure figure={quality[rate]} />
          <Loaded query={series}>{({ points }) => <Trend name={t(rate)} by={step} steps={(points ?? []).map((p) => ({ at: p.at, figure: p[rate] }))} />}</Loaded>
        </section>
      ))}
      <section className="panel"><h2>{t('challenged')}</h2><p className="muted">{t('challenged_is')}</p><Figure figure={quality.challenged_human_rate} /></section>
      <section className="panel"><h2>{t('unknown')}</h2><p className="muted">{t('unknown_is')}</p><Figure figure={quality.unknown_rate} /></section>
    </div>
  )
}

/** Up to when the figures hold, where that is more than a minute before they came. */
function AsOf({ at, now }: { at: string | undefined; now: number }) {
  const t = useWords('quality')
  return at && now - Date.parse(at) > 60_000 ? <p className="muted quality-gap">{t('as_of')} <Time value={at} /></p> : null
}

/** What the figures rest on; always beside them. */
function Basis({ quality: { basis, labels } }: { quality: Quality }) {
  const t = useWords('quality')
  const counted = labels.human + labels.scalper + labels.unknown
  return (
    <Alert
      type={basis === 'sample' ? 'info' : 'warning'} showIcon className="quality-gap" title={t(basis === 'sample' ? 'basis_sample' : 'basis_labels')}
      description={
        <>
          {t('rests_on', { labelled: counted, all: counted + labels.unlabelled, human: labels.human, scalper: labels.scalper, unknown: labels.unknown, immature: labels.immature })}{' '}
          {(labels.by_source ?? []).map((s) => <Tag key={s.source + s.value}>{sourceName(t, s.source)} · {valueName(t, s.value)} {s.accounts}</Tag>)} <Link to="/quality/labels">{t('to_labels')}</Link>
        </>
      }
    />
  )
}
