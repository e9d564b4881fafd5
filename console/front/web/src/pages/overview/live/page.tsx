import { Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { listen, useLive, type Frame } from '../../../api/live'
import { useOperator } from '../../../api/session'
import { who } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { LiveNotice } from '../../../ui/live-notice'
import { PageHeader } from '../../../ui/page-header'
import { percent } from '../../../ui/rate'
import { useShortcut } from '../../../ui/shortcuts'
import { timeText } from '../../../ui/time'
import { AlertsPanel } from './alerts-panel'
import { BudgetsPanel } from './budgets-panel'
import { Cards } from './cards'
import { Empty } from './empty'
import { EnginesPanel } from './engines-panel'
import { add, type Point } from './history'
import { PoolsPanel } from './pools-panel'
import { Strip } from './strip'
import { VerdictChart } from './verdict-chart'
import '../overview.css'

/** What is kept while the operator looks at other pages. */
let points: readonly Point[] = []

/** Hears frames into the chart's ten minutes. */
function useHistory(): readonly Point[] {
  const [shown, setShown] = useState(points)
  useEffect(() => listen('overview', (frame) => {
    points = add(points, frame)
    setShown(points)
  }), [])
  return shown
}

interface Still {
  frame: Frame<'overview'>
  points: readonly Point[]
  at: number
}

/** How it stands now: state of the sale, traffic, verdicts, pools, alerts, budgets, engines. */
export default function OverviewPage() {
  const t = useWords('overview')
  const { role } = useOperator()
  const { frame, broken, at } = useLive('overview')
  const history = useHistory()
  const [still, setStill] = useState<Still>()
  const freeze = () => setStill((now) => (now || !frame || at === undefined ? undefined : { frame, points: history, at }))
  useShortcut(' ', 'overview:key_freeze', freeze)
  const shown = still?.frame ?? frame
  const analyses = who('asdu').includes(role)
  return (
    <div className={broken && !still ? 'overview overview-old' : 'overview'}>
      <PageHeader
        title={t('title')} about={still ? t('frozen', { at: timeText(still.at) }) : t('about')}
        actions={frame ? <Button onClick={freeze} aria-pressed={still !== undefined}>{still ? t('unfreeze') : t('freeze')}</Button> : null}
      />
      <LiveNotice broken={broken} at={at} />
      {shown ? (
        <>
          <Strip frame={shown} />
          {shown.traffic ? <Cards frame={shown} /> : <Empty />}
          <div className="overview-grid">
            <section className="panel overview-wide">
              <h2>{t('chart_title')}</h2>
              <VerdictChart points={still?.points ?? history} />
            </section>
            <PoolsPanel frame={shown} />
            {analyses ? <AlertsPanel /> : null}
            {analyses ? <BudgetsPanel /> : null}
            <EnginesPanel engines={shown.engines ?? []} />
          </div>
        </>
      ) : null}
      <Summary frame={shown} />
    </div>
  )
}

/** Tells screen readers how it stands every 30 seconds, not each second. */
function Summary({ frame }: { frame: Frame<'overview'> | undefined }) {
  const t = useWords('overview')
  const latest = useRef(frame)
  const [said, setSaid] = useState('')
  useEffect(() => {
    latest.current = frame
  })
  useEffect(() => {
    const timer = setInterval(() => {
      const now = latest.current
      if (!now?.traffic) return
      setSaid(t('summary', {
        requests: Math.round(now.traffic.requests_per_second), urgent: now.alerts.urgent,
        hostile: now.traffic.hostile_share === null ? '—' : percent(now.traffic.hostile_share),
      }))
    }, 30_000)
    return () => clearInterval(timer)
  }, [t])
  return <p className="visually-hidden" role="status">{said}</p>
}
