import { useQueryClient } from '@tanstack/react-query'
import { Button, DatePicker, InputNumber, Space } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { momentAtVenue, ReasonModal } from '../../../ui'
import { atVenue } from '../../../ui/time'
import { because } from '../booking'
import type { Release } from '../model'

interface Row {
  key: number
  at: Dayjs
  percent: number
}

const wall = (moment: string | number): Dayjs => dayjs(atVenue(moment).format('YYYY-MM-DDTHH:mm:ss'))

/** Sets the stages by which a day is released, in shares of its capacity. */
export function NewStages({ release, onClose }: { release: Release; onClose: () => void }) {
  const t = useWords('ticketing')
  const client = useQueryClient()
  const { pool, date } = release
  const [rows, setRows] = useState<Row[]>(() =>
    release.stages.length > 0
      ? release.stages.map((s) => ({ key: s.stage, at: wall(s.at), percent: s.percent ?? Math.max(1, Math.round(((s.quantity ?? 0) * 100) / Math.max(1, release.capacity))) }))
      : [{ key: 1, at: wall(Date.now() + 3_600_000), percent: 50 }, { key: 2, at: wall(Date.now() + 7_200_000), percent: 50 }])
  const total = rows.reduce((sum, r) => sum + r.percent, 0)
  const set = (key: number, change: Partial<Row>) => setRows((all) => all.map((r) => (r.key === key ? { ...r, ...change } : r)))
  return (
    <ReasonModal
      open title={t('plan_stages')} confirm={t('save')} ready={total <= 100 && rows.length > 0} onClose={onClose}
      onConfirm={async (reason) => {
        const stages = rows.map((r) => ({ at: momentAtVenue(r.at.format('YYYY-MM-DDTHH:mm:ss')).toISOString(), percent: r.percent, returns_to: rows.length }))
        const after = await ask(api.PUT('/api/v1/ticketing/pools/{pool}/release', { params: { path: { pool }, header: because(reason) }, body: { date, stages } }))
        client.setQueryData(['ticketing', 'release', pool, date], after)
      }}
    >
      <p className="muted">{t('plan_stages_about')}</p>
      <ul className="stack">
        {rows.map((r, i) => (
          <li key={r.key}>
            <Space wrap>
              {t('stage_n', { n: i + 1 })}
              <DatePicker showTime value={r.at} allowClear={false} onChange={(at) => set(r.key, { at: at ?? r.at })} aria-label={t('stage_time_n', { n: i + 1 })} />
              <InputNumber min={1} max={100} precision={0} value={r.percent} suffix="%" onChange={(percent) => set(r.key, { percent: percent ?? r.percent })} aria-label={t('percent_n', { n: i + 1 })} />
              <Button onClick={() => setRows((all) => all.filter((x) => x.key !== r.key))} disabled={rows.length === 1}>{t('remove')}</Button>
            </Space>
          </li>
        ))}
      </ul>
      <p>
        <Button onClick={() => setRows((all) => [...all, { key: Math.max(...all.map((x) => x.key)) + 1, at: (all.at(-1)?.at ?? dayjs()).add(1, 'hour'), percent: 1 }])}>{t('add_stage')}</Button>{' '}
        <span className="muted">{t('percent_total', { n: total })}</span>
      </p>
    </ReasonModal>
  )
}
