import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, Rate, useUrlState } from '../../../ui'
import { Controls, periodShape } from '../parts/controls'
import { sourceName, sources, valueName, values } from '../parts/names'
import { lastDays } from '../parts/period'
import { useQuality } from '../parts/use-quality'
import '../quality.css'

/** Where the truth comes from, how much of the traffic it covers, and how much of it counts yet. */
export default function LabelsPage() {
  const t = useWords('quality')
  const [{ days, pool, immature }, set] = useUrlState(periodShape)
  const [now] = useState(Date.now)
  const query = useQuality(useMemo(() => lastDays(days, now), [days, now]), { pool, immature })
  const sample = useQuery({ queryKey: ['audit-sample'], queryFn: ({ signal }) => ask(api.GET('/api/v1/audit-sample', { signal })) })
  return (
    <>
      <PageHeader title={t('labels')} about={t('labels_about')} />
      <Controls days={days} pool={pool} immature={immature} set={set} />
      <Loaded query={query}>{(q) => <Sources labels={q.labels} />}</Loaded>
      <section className="panel">
        <h2>{t('sample')}</h2>
        <p className="muted quality-gap">{t('sample_about')}</p>
        <Loaded query={sample}>{(s) => <Sample standing={s} />}</Loaded>
      </section>
    </>
  )
}

function Sources({ labels }: { labels: Schema<'Labels'> }) {
  const t = useWords('quality')
  const counted = labels.human + labels.scalper + labels.unknown
  const cell = (source: string, value: string) => (labels.by_source ?? []).find((c) => c.source === source && c.value === value)?.accounts ?? 0
  return (
    <div className="quality-cards">
      <section className="panel">
        <h2>{t('by_source')}</h2>
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t('by_source')}>
          <table className="quality-table">
            <thead><tr><th scope="col">{t('source')}</th>{values.map((v) => <th key={v} scope="col">{valueName(t, v)}</th>)}</tr></thead>
            <tbody>{sources.map((s) => <tr key={s}><th scope="row">{sourceName(t, s)}</th>{values.map((v) => <td key={v} className="figure">{cell(s, v).toLocaleString('en')}</td>)}</tr>)}</tbody>
          </table>
        </div>
      </section>
      <section className="panel">
        <h2>{t('coverage')}</h2>
        <p className="muted">{t('coverage_is')}</p>
        <p><Rate n={counted} of={counted + labels.unlabelled} /></p>
        <h2>{t('maturity')}</h2>
        <p className="muted">{t('maturity_is')}</p>
        <p><Rate n={counted} of={counted + labels.immature} /></p>
      </section>
    </div>
  )
}

function Sample({ standing }: { standing: Schema<'SampleStanding'> }) {
  const t = useWords('quality')
  const { agreement } = standing
  const strata = standing.strata ?? []
  return (
    <>
      {strata.length === 0 ? <p className="muted">{t('sample_empty')}</p> : (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t('sample')}>
          <table className="quality-table">
            <thead><tr><th scope="col">{t('stratum')}</th><th scope="col">{t('drawn')}</th><th scope="col">{t('judged')}</th><th scope="col">{t('waiting')}</th></tr></thead>
            <tbody>{strata.map((s) => <tr key={s.stratum}><th scope="row"><code>{s.stratum}</code></th><td className="figure">{s.drawn}</td><td className="figure">{s.judged}</td><td className="figure">{s.waiting}</td></tr>)}</tbody>
          </table>
        </div>
      )}
      <p>{agreement.pairs > 0 ? t('agreement', { same: agreement.same, pairs: agreement.pairs, kappa: agreement.kappa.toFixed(2) }) : t('agreement_none')}</p>
    </>
  )
}
