import { Segmented, Skeleton } from 'antd'
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useWords } from '../i18n'

interface ChartProps {
  /** What the chart shows, for who does not see it. */
  label: string
  option: EChartsCoreOption
  /** The same as a table. */
  table: ReactNode
  /** What is what, above the chart, in words. */
  legend?: ReactNode
  height?: number
  onPick?: (name: string) => void
}

/** A chart that loads its library when it is shown first, with a table of the same figures. */
export function Chart({ label, option, table, legend, height = 260, onPick }: ChartProps) {
  const t = useWords('ui')
  const [view, setView] = useState<'chart' | 'table'>('chart')
  return (
    <figure className="chart" aria-label={label}>
      <div className="chart-head">
        <div>{legend}</div>
        <Segmented
          size="small" value={view} onChange={setView} aria-label={t('chart_view')}
          options={[{ value: 'chart', label: t('chart_as_chart') }, { value: 'table', label: t('chart_as_table') }]}
        />
      </div>
      {view === 'chart' ? <Canvas label={label} option={option} height={height} {...(onPick ? { onPick } : {})} /> : <div className="chart-table">{table}</div>}
    </figure>
  )
}

function Canvas({ label, option, height, onPick }: Required<Pick<ChartProps, 'label' | 'option' | 'height'>> & Pick<ChartProps, 'onPick'>) {
  const box = useRef<HTMLDivElement>(null)
  const [chart, setChart] = useState<EChartsType>()
  useEffect(() => {
    let gone = false
    let made: EChartsType | undefined
    const sizes = new ResizeObserver(() => made?.resize())
    void import('./echarts').then(({ init }) => {
      if (gone || !box.current) return
      made = init(box.current, null, { renderer: 'canvas' })
      sizes.observe(box.current)
      setChart(made)
    })
    return () => {
      gone = true
      sizes.disconnect()
      made?.dispose()
    }
  }, [])
  useEffect(() => {
    // Tooltips made of HTML would carry styles that the policy refuses.
    chart?.setOption({ animation: false, ...option, tooltip: { renderMode: 'richText', confine: true, ...(option['tooltip'] as object | undefined) } }, { notMerge: false, lazyUpdate: true })
  }, [chart, option])
  useEffect(() => {
    if (!chart || !onPick) return
    chart.on('click', (event: { name: string }) => onPick(event.name))
    return () => void chart.off('click')
  }, [chart, onPick])
  return (
    <div className="chart-box" role="img" aria-label={label} style={{ height }}>
      <div ref={box} style={{ height }} />
      {chart ? null : <Skeleton active />}
    </div>
  )
}
