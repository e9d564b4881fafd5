import { useState } from 'react'
import { Segmented } from 'antd'
import { useWords } from '../../../i18n'
import { percent } from '../../../ui/rate'
import { timeText } from '../../../ui'
import type { FigureOf } from './figure'

export interface Step {
  at: string
  figure: FigureOf | undefined
}

const width = 560
const height = 180
const left = 56
const bottom = 22

/** A rate over time with its interval; days of too few labels are left open. The table says the same. */
export function Trend({ steps, name, by }: { steps: readonly Step[]; name: string; by: 'hour' | 'day' }) {
  const t = useWords('quality')
  const [as, setAs] = useState<'chart' | 'table'>('chart')
  const top = Math.max(0.001, ...steps.map((s) => (s.figure?.enough ? s.figure.high : 0)))
  const every = Math.ceil(steps.length / 10)
  const when = (at: string) => (by === 'hour' ? timeText(at, 'clock').slice(0, 5) : timeText(at, 'day').slice(5))
  const x = (i: number) => left + ((i + 0.5) * (width - left - 8)) / Math.max(1, steps.length)
  const y = (v: number) => 10 + (1 - v / top) * (height - bottom - 14)
  if (steps.length === 0) return <p className="muted">{t('trend_empty')}</p>
  return (
    <div>
      <Segmented size="small" value={as} onChange={setAs} aria-label={t('view_of', { name })} options={[{ value: 'chart', label: t('as_chart') }, { value: 'table', label: t('as_table') }]} />
      {as === 'chart' && steps.some((s) => s.figure && !s.figure.enough) ? <span className="muted trend-note">○ {t('too_few')}</span> : null}
      {as === 'chart' ? (
        <svg className="trend" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('trend_of', { name })}>
          {[0, top / 2, top].map((v) => (
            <g key={v}>
              <line x1={left} x2={width - 8} y1={y(v)} y2={y(v)} className="trend-grid" />
              <text x={left - 6} y={y(v)} textAnchor="end" dominantBaseline="central">{percent(v)}</text>
            </g>
          ))}
          {steps.map((s, i) => {
            const f = s.figure
            return (
              <g key={s.at}>
                {f?.enough ? (
                  <>
                    <line x1={x(i)} x2={x(i)} y1={y(f.low)} y2={y(f.high)} className="trend-interval" />
                    <circle cx={x(i)} cy={y(f.value)} r={4} className="trend-point" />
                    {i % every === 0 ? <text x={x(i) + 7} y={y(f.value) - 6}>{percent(f.value)}</text> : null}
                  </>
                ) : f ? <text x={x(i)} y={y(0) - 6} textAnchor="middle">○</text> : null}
                {i % every === 0 ? <text x={x(i)} y={height - 6} textAnchor="middle">{when(s.at)}</text> : null}
              </g>
            )
          })}
        </svg>
      ) : (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t('trend_of', { name })}>
          <table className="quality-table">
            <thead><tr><th scope="col">{t('from')}</th><th scope="col">{name}</th><th scope="col">n/N</th><th scope="col">{t('interval')}</th></tr></thead>
            <tbody>
              {steps.map((s) => (
                <tr key={s.at}>
                  <td className="figure">{timeText(s.at, by === 'hour' ? 'minute' : 'day')}</td>
                  <td className="figure">{s.figure?.enough ? percent(s.figure.value) : t('too_few')}</td>
                  <td className="figure">{s.figure ? `${Math.round(s.figure.numerator)}/${Math.round(s.figure.denominator)}` : '—'}</td>
                  <td className="figure">{s.figure?.enough ? `${percent(s.figure.low)}–${percent(s.figure.high)}` : '—'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}
