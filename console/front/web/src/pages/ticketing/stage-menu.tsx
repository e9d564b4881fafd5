import { PauseCircleOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Popover } from 'antd'
import { useState } from 'react'
import { useOperator } from '../../api/session'
import { useLanguage, useWords } from '../../i18n'
import { timeText } from '../../ui'
import { Link } from 'react-router'
import { api, ask } from '../../api/client'
import { useSales } from './booking'
import { mayEditTicketing, nameOf, releasePath, type Sale } from './model'
import { StageDialog } from './release/stage-dialog'
import './ticketing.css'

type Moment = NonNullable<Sale['last_stage']>

/** Pausing a release from any page: this button, the stage, the reason. */
export function StageMenu() {
  const { role } = useOperator()
  return mayEditTicketing(role) ? <Menu /> : null
}

function Menu() {
  const t = useWords('ticketing')
  const language = useLanguage()
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState<Moment>()
  const sales = useSales(open ? 2_000 : 15_000)
  const rows = (sales.data?.pools ?? []).flatMap((p) => [p.last_stage, p.next_stage].flatMap((m) => (m ? [{ sale: p, moment: m }] : [])))
  if (rows.length === 0) return null
  const list = (
    <div className="stage-menu">
      {rows.slice(0, 8).map(({ sale, moment }) => (
        <div key={`${moment.pool}/${moment.date}/${moment.stage}`}>
          <span>
            <Link to={releasePath(moment.pool, moment.date)} onClick={() => setOpen(false)}>{nameOf(sale.name_zh, sale.name_en, language)} {moment.date}</Link>
            <br />
            <span className="muted">{t('stage_n', { n: moment.stage })} · {timeText(moment.at, 'minute')}</span>
          </span>
          <Button onClick={() => { setChosen(moment); setOpen(false) }}>{t(moment.paused ? 'act_resume' : 'act_pause')}</Button>
        </div>
      ))}
    </div>
  )
  return (
    <>
      <Popover open={open} onOpenChange={setOpen} trigger="click" title={t('pause_title')} content={list}>
        <Button icon={<PauseCircleOutlined />} aria-label={t('pause_title')}>{t('pause_short')}</Button>
      </Popover>
      {chosen ? <Dialog moment={chosen} onClose={() => setChosen(undefined)} /> : null}
    </>
  )
}

function Dialog({ moment, onClose }: { moment: Moment; onClose: () => void }) {
  const query = useQuery({
    queryKey: ['ticketing', 'release', moment.pool, moment.date],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/pools/{pool}/release', { params: { path: { pool: moment.pool }, query: { date: moment.date } }, signal })),
  })
  const stage = query.data?.stages.find((s) => s.stage === moment.stage)
  return query.data && stage ? <StageDialog release={query.data} stage={stage} act={stage.paused ? 'resume' : 'pause'} onClose={onClose} /> : null
}
