import { Button, Result } from 'antd'
import { useEffect, useState } from 'react'
import { Link, useParams } from 'react-router'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, usePhone } from '../../../ui'
import { useLive } from '../../../api/live'
import { LiveNotice } from '../../../ui/live-notice'
import { useRelease } from '../booking'
import { hotStage, keepSamples, mayEditTicketing, parseRelease, perSecond, soldOf, heldOf, stageState, withFrame, type Release, type Sample, type Stage } from '../model'
import { useNow } from '../use-now'
import { Axis } from './axis'
import { StageDialog, type StageAct } from './stage-dialog'
import { StageList } from './stages'
import { NewStages } from './new-stages'
import { ReleaseAlerts } from './alerts'
import '../ticketing.css'

/** The release of a pool's day by stages, as it happens. */
export default function ReleasePage() {
  const t = useWords('ticketing')
  const { id = '' } = useParams()
  const named = parseRelease(id)
  if (!named) return <><PageHeader title={t('release')} /><Result status="404" title={t('release_unknown')} extra={<Link to="/ticketing/pools">{t('pools')}</Link>} /></>
  return <Live key={id} {...named} />
}

function Live({ pool, date }: { pool: string; date: string }) {
  const t = useWords('ticketing')
  const query = useRelease(pool, date)
  const live = useLive(`release:${pool}@${date}`)
  return (
    <>
      {query.data ? null : <PageHeader title={t('release')} />}
      <Loaded query={query}>
        {(release) => (
          <>
            <LiveNotice broken={live.broken} at={live.at} />
            <Shown release={withFrame(release, live.broken ? undefined : live.frame)} at={Math.max(query.dataUpdatedAt, live.at ?? 0)} stale={query.isError} />
          </>
        )}
      </Loaded>
    </>
  )
}

function useRate(release: Release, at: number): number | undefined {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const sold = soldOf(release) + heldOf(release)
  useEffect(() => setSamples((before) => keepSamples(before, { at, sold })), [at, sold])
  return perSecond(samples)
}

function Shown({ release, at, stale }: { release: Release; at: number; stale: boolean }) {
  const t = useWords('ticketing')
  const { role } = useOperator()
  const phone = usePhone()
  const now = useNow()
  const rate = useRate(release, at)
  const [open, setOpen] = useState<{ stage: Stage; act: StageAct }>()
  const [planning, setPlanning] = useState(false)
  const edit = mayEditTicketing(role)
  const hot = hotStage(release.stages)
  const figures: [string, string | number][] = [
    [t('figure_capacity'), release.capacity], [t('figure_booked'), release.booked], [t('figure_left'), release.left], [t('figure_withheld'), release.withheld],
    [t('figure_held'), heldOf(release)], [t('per_second'), rate === undefined ? '—' : rate.toFixed(1)],
  ]
  const primary = edit && hot ? (
    <Button type="primary" onClick={() => setOpen({ stage: hot, act: hot.paused ? 'resume' : 'pause' })}>
      {t(hot.paused ? 'act_resume_n' : 'act_pause_n', { n: hot.stage })}
    </Button>
  ) : null
  return (
    <>
      <PageHeader
        title={t('release_of', { pool: release.pool, date: release.date })} about={stale ? t('as_of_old') : t('live_now')}
        actions={<>{primary}{edit && !phone ? <Button onClick={() => setPlanning(true)}>{t('plan_stages')}</Button> : null}</>}
      />
      <div className="stack">
        <ReleaseAlerts pool={release.pool} />
        <dl className="figures">{figures.map(([name, value]) => <div key={name} className="figure-card"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
        {release.stages.length > 0 ? <section className="panel"><h2>{t('axis')}</h2><Axis stages={release.stages} now={now} /></section> : null}
        <StageList release={release} stateOf={(s) => stageState(s, now)} edit={edit} onAct={(stage, act) => setOpen({ stage, act })} />
      </div>
      {open ? <StageDialog release={release} stage={release.stages.find((s) => s.stage === open.stage.stage) ?? open.stage} act={open.act} onClose={() => setOpen(undefined)} /> : null}
      {planning ? <NewStages release={release} onClose={() => setPlanning(false)} /> : null}
    </>
  )
}
