import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import { useLive } from '../api/live'
import { useWords } from '../i18n'

/** How it is, and how long until the next stage is released: on every page. */
export function LiveState() {
  const t = useWords('ui')
  const { frame, broken } = useLive('overview')
  if (broken || !frame) return broken ? <span className="muted top-state">{t('live_lost')}</span> : null
  const state = frame.attack ? 'attack' : frame.degraded ? 'degraded' : 'normal'
  return (
    <div className="top-state">
      <Link to="/overview" className={`state state-${state}`}>{t(`live_${state}`)}</Link>
      {frame.sale?.next && !frame.sale.next.paused ? <Countdown until={Date.parse(frame.sale.next.at)} /> : null}
    </div>
  )
}

/** How long before a release its clock is shown, in milliseconds. */
const near = 24 * 3600_000

const two = (n: number): string => String(n).padStart(2, '0')

function Countdown({ until }: { until: number }) {
  const t = useWords('ui')
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const left = Math.floor((until - now) / 1000)
  if (left < 0 || until - now > near) return null
  return <span className="figure sale-clock">{t('live_sale', { in: `${Math.floor(left / 3600)}:${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}` })}</span>
}
