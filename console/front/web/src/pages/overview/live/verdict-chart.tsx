import { useMemo } from 'react'
import { useLanguage, useWords } from '../../../i18n'
import { Chart } from '../../../ui/chart'
import { short } from '../../../ui/numbers'
import { PlainTable } from '../../../ui/plain-table'
import { timeText } from '../../../ui/time'
import { verdictColours, verdictIcons, verdicts, VerdictTag } from '../../../ui/verdict'
import { kept, series, tens, type Point } from './history'

/** Told apart without colour as well. */
const lines = { allow: 'solid', challenge: 'dashed', flag: 'dotted', block: [8, 3, 2, 3] } as const

/** Ten minutes of verdicts, second by second. */
export function VerdictChart({ points }: { points: readonly Point[] }) {
  const t = useWords('overview')
  const word = useWords('ui')
  const language = useLanguage()
  const option = useMemo(() => {
    const until = points.at(-1)?.at ?? Date.now()
    // It begins with a minute and grows to ten.
    const since = Math.max(until - kept * 1000, Math.min(points[0]?.at ?? until, until - 60_000))
    return {
      aria: { enabled: false },
      grid: { left: 44, right: 16, top: 12, bottom: 24 },
      tooltip: { trigger: 'axis', valueFormatter: (v: unknown) => (typeof v === 'number' ? v.toFixed(1) : '—') },
      xAxis: { type: 'time', min: since, max: until, axisLabel: { formatter: (at: number) => timeText(at, 'clock').slice(0, 8), hideOverlap: true, color: 'rgba(0,0,0,0.65)' } },
      yAxis: { type: 'value', min: 0, minInterval: 1, axisLabel: { formatter: (v: number) => short(v, language), color: 'rgba(0,0,0,0.65)' } },
      series: verdicts.map((verdict) => ({
        type: 'line', name: `${verdictIcons[verdict]} ${word(`verdict_${verdict}`)}`, data: series(points, verdict), showSymbol: false, connectNulls: false,
        lineStyle: { color: verdictColours[verdict], type: lines[verdict], width: verdict === 'block' ? 2.5 : 2 }, itemStyle: { color: verdictColours[verdict] },
      })),
    }
  }, [points, language, word])
  const now = points.at(-1)
  return (
    <Chart
      label={t('chart_label')} option={option} height={240}
      legend={
        <ul className="chart-legend">
          {verdicts.map((v) => <li key={v} className={`legend-${v}`}><VerdictTag verdict={v} /> <span className="figure">{now ? now.perSecond[v].toFixed(1) : '—'}</span></li>)}
        </ul>
      }
      table={
        <PlainTable
          caption={t('chart_label')} rowKey="at" dataSource={tens(points)} maxHeight={240}
          columns={[
            { key: 'at', title: t('time'), render: (_, row) => timeText(row.at, 'clock') },
            ...verdicts.map((v) => ({ key: v, title: `${verdictIcons[v]} ${word(`verdict_${v}`)}`, align: 'right' as const, render: (_: unknown, row: { perSecond: Record<typeof v, number> }) => row.perSecond[v].toFixed(1) })),
          ]}
        />
      }
    />
  )
}
