import { useQuery, useQueryClient } from '@tanstack/react-query'
import { DatePicker, InputNumber } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useState } from 'react'
import { useWords } from '../../../i18n'
import { ErrorCard, momentAtVenue, ReasonModal, timeText } from '../../../ui'
import { atVenue } from '../../../ui/time'
import { changeStage, previewStage, type StageChange } from '../booking'
import { effectsOf, type Release, type Stage } from '../model'

export type StageAct = 'pause' | 'resume' | 'now' | 'later' | 'quantity'

interface StageDialogProps {
  release: Release
  stage: Stage
  act: StageAct
  onClose: () => void
}

/** Changes one stage, after showing how the day would then stand; refused by the server where a booked place would go. */
export function StageDialog({ release, stage, act, onClose }: StageDialogProps) {
  const t = useWords('ticketing')
  const client = useQueryClient()
  const [at, setAt] = useState<Dayjs>(() => dayjs(atVenue(stage.at).format('YYYY-MM-DDTHH:mm:ss')))
  const [quantity, setQuantity] = useState(stage.quantity ?? stage.planned)
  const [opened] = useState(() => new Date().toISOString())
  const change: StageChange =
    act === 'pause' || act === 'resume' ? { paused: act === 'pause' }
    : act === 'now' ? { at: opened }
    : act === 'later' ? { at: momentAtVenue(at.format('YYYY-MM-DDTHH:mm:ss')).toISOString() }
    : { quantity }
  const { pool, date } = release
  const preview = useQuery({
    queryKey: ['ticketing', 'stage-preview', pool, date, stage.stage, change], retry: false, placeholderData: (before) => before,
    queryFn: () => previewStage(pool, date, stage.stage, change),
  })
  return (
    <ReasonModal
      open title={t(`act_${act}_title`, { n: stage.stage })} confirm={t(`act_${act}`)} ready={preview.isSuccess && !preview.isPlaceholderData} onClose={onClose}
      onConfirm={async (reason) => {
        const after = await changeStage(pool, date, stage.stage, change, reason)
        client.setQueryData(['ticketing', 'release', pool, date], after)
        await client.invalidateQueries({ queryKey: ['ticketing', 'sales'] })
      }}
    >
      <p className="muted">{pool} · {date} · {t('planned_at', { time: timeText(stage.at) })}</p>
      {act === 'later' ? <p><DatePicker showTime value={at} onChange={(to) => setAt(to ?? at)} allowClear={false} aria-label={t('new_time')} /></p> : null}
      {act === 'quantity' ? <p><InputNumber min={1} max={1_000_000} precision={0} value={quantity} onChange={(to) => setQuantity(to ?? quantity)} aria-label={t('quantity')} /></p> : null}
      <div className="effects" role="status" aria-live="polite">
        {preview.isError ? <ErrorCard error={preview.error} onRetry={() => void preview.refetch()} /> : preview.data ? <Effects before={release} after={preview.data} stage={stage.stage} /> : t('previewing')}
      </div>
    </ReasonModal>
  )
}

function Effects({ before, after, stage }: { before: Release; after: Release; stage: number }) {
  const t = useWords('ticketing')
  const [was, becomes] = [before.stages.find((s) => s.stage === stage), after.stages.find((s) => s.stage === stage)]
  const rows = effectsOf(before, after).map((e) => ({ name: t(`figure_${e.figure}`), before: String(e.before), after: String(e.after) }))
  if (was && becomes) {
    rows.push({ name: t('stage_time'), before: timeText(was.at), after: timeText(becomes.at) }, { name: t('figure_planned'), before: String(was.planned), after: String(becomes.planned) })
    rows.push({ name: t('state'), before: was.paused ? t('stage_paused') : t('stage_running'), after: becomes.paused ? t('stage_paused') : t('stage_running') })
  }
  return (
    <>
      <table>
        <thead><tr><th scope="col">{t('effect')}</th><th scope="col">{t('before')}</th><th scope="col">{t('after')}</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} className={row.before === row.after ? undefined : 'effect-moved'}><th scope="row">{row.name}</th><td>{row.before}</td><td>{row.after}</td></tr>
          ))}
        </tbody>
      </table>
      <p className="muted">{before.booked === after.booked ? t('booked_safe', { n: before.booked }) : null}</p>
    </>
  )
}
