import { Progress } from 'antd'
import { useWords } from '../../../i18n'
import { Loaded, Rate, Time } from '../../../ui'
import { valueName } from '../parts/names'
import type { Period } from '../parts/period'
import { useFunnels, type About } from '../parts/use-quality'

const ends = ['solved', 'failed', 'abandoned'] as const

/** How far challenged accounts came: shown, then solved, failed or abandoned. */
export function Challenges({ period, about }: { period: Period; about: About }) {
  const t = useWords('quality')
  const query = useFunnels(period, about)
  return (
    <Loaded query={query}>
      {({ funnels, as_of: asOf }) => (
        <>
          <p className="muted quality-gap">{t('funnel_note')} {t('as_of')} <Time value={asOf} /></p>
          {(funnels ?? []).length === 0 ? <p className="muted">{t('funnel_empty')}</p> : null}
          <div className="quality-cards">
            {(funnels ?? []).map((f) => {
              const counts = { solved: f.solved, abandoned: f.abandoned, failed: Math.max(0, f.shown - f.solved - f.abandoned) }
              return (
                <section key={f.verdict} className="panel">
                  <h2>{valueName(t, f.verdict)}</h2>
                  <p>{t('shown')} <strong className="figure">{f.shown.toLocaleString('en')}</strong></p>
                  {ends.map((end) => (
                    <div key={end}>
                      <p>{t(end)} <Rate n={counts[end]} of={f.shown} /></p>
                      <Progress percent={f.shown > 0 ? (counts[end] * 100) / f.shown : 0} showInfo={false} size="small" strokeColor="#0958d9" aria-label={t(end)} />
                    </div>
                  ))}
                </section>
              )
            })}
          </div>
        </>
      )}
    </Loaded>
  )
}
