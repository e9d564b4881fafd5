import { Alert, Tag } from 'antd'
import { useMemo, useState } from 'react'
import { Link } from 'react-router'
import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard, Loaded, PageHeader, useUrlState } from '../../../ui'
import { Controls, periodShape } from '../parts/controls'
import { Figure } from '../parts/figure'
import { sourceName, valueName } from '../parts/names'
import { lastDays, stretches } from '../parts/period'
import { Trend } from '../parts/trend'
import { useQuality, useQualityOver } from '../parts/use-quality'
import '../quality.css'

type Quality = Schema<'Quality'>

const rates = ['false_positive_rate', 'miss_rate', 'interception_rate'] as const

/** Who was hurt, who got through, what was stopped: per account, from labels, with intervals. */
export default function QualityPage() {
  const t = useWords('quality')
  const [{ days, pool, immature }, set] = useUrlState(periodShape)
  const [now] = useState(Date.now)
  const period = useMemo(() => lastDays(days, now), [days, now])
  const query = useQuality(period, { pool, immature })
  const parts = useMemo(() => stretches(period, 10), [period])
  const over = useQualityOver(parts, { pool, immature })
  const failed = over.find((o) => o.isError)
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <Controls days={days} pool={pool} immature={immature} set={set} />
      <Loaded query={query}>
        {(q) => (
          <>
            <Basis quality={q} />
            <div className="quality-cards">
              {rates.map((rate) => (
                <section key={rate} className="panel">
                  <h2>{t(rate)}</h2>
                  <p className="muted">{t(`about_${rate}`)}</p>
                  <Figure figure={q[rate]} />
                  <Trend name={t(rate)} steps={parts.map((p, i) => ({ at: p.from, figure: over[i]?.data?.[rate] }))} />
                </section>
              ))}
              <section className="panel"><h2>{t('challenged')}</h2><p className="muted">{t('challenged_is')}</p><Figure figure={q.challenged_human_rate} /></section>
              <section className="panel"><h2>{t('unknown')}</h2><p className="muted">{t('unknown_is')}</p><Figure figure={q.unknown_rate} /></section>
            </div>
          </>
        )}
      </Loaded>
      {failed ? <ErrorCard error={failed.error} onRetry={() => void failed.refetch()} /> : null}
    </>
  )
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
