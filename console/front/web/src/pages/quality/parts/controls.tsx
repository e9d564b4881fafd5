import { Checkbox, Input, Segmented } from 'antd'
import { useWords } from '../../../i18n'
import { param } from '../../../ui'
import { ranges } from './period'

export const periodShape = { days: param.integer(7, 1, 30), pool: param.text('', 100), immature: param.flag() }

interface ControlsProps {
  days: number
  pool: string
  immature: boolean
  set: (change: { days?: number; pool?: string; immature?: boolean }) => void
}

/** Which period, pool and labels the figures are about. */
export function Controls({ days, pool, immature, set }: ControlsProps) {
  const t = useWords('quality')
  return (
    <div className="table-filters quality-gap">
      <Segmented value={days} onChange={(d) => set({ days: d })} aria-label={t('range')} options={ranges.map((d) => ({ value: d as number, label: t('days', { n: d }) }))} />
      <Input.Search key={pool} defaultValue={pool} allowClear placeholder={t('pool')} aria-label={t('pool')} maxLength={100} onSearch={(v) => set({ pool: v.trim() })} style={{ maxWidth: 220 }} />
      <Checkbox checked={immature} onChange={(e) => set({ immature: e.target.checked })}>{t('immature')}</Checkbox>
    </div>
  )
}
