import { useEffect, useRef, useState } from 'preact/hooks'
import type { Activity, Pool as PoolType } from '../api/types'
import { bookable, dayStanding, slotStanding, toCome } from '../calendar'
import { now } from '../clock'
import { useWords } from '../i18n/i18n'
import { Link, useRouter } from '../router'
import { useLoaded, useShop, useTick } from '../shop'
import { useLiveStock } from '../stock'
import { Announcements, readBoard } from '../ui/announcements'
import { Calendar } from '../ui/calendar'
import { Page } from '../ui/page'
import { Button, Notice, Skeleton } from '../ui/parts'
import { Prose } from '../ui/prose'
import { ProblemNotice } from '../ui/refusal'
import { Slots } from '../ui/slots'
import { kindKey } from './home'

export function Pool({ id }: { id: string }) {
  const words = useWords()
  const { t, either } = words
  const { place, go } = useRouter()
  const live = useLiveStock(id)
  const { client } = useShop()
  const { pool, stock } = live
  const board = useLoaded((signal) => readBoard(client, signal, id), [id])
  const [date, setDate] = useState(place.query.get('date') ?? undefined)
  const [slot, setSlot] = useState(place.query.get('slot') ?? undefined)
  const next = useRef<HTMLDivElement>(null)
  // Whoever waits for the opening sees it at once.
  useTick(toCome(pool?.opens_at, now()) === undefined ? 15_000 : 500)
  // Where the visitor is stands in the address, so that it can be shared and gone back to.
  useEffect(() => {
    const query = new URLSearchParams()
    if (date) query.set('date', date)
    if (slot) query.set('slot', slot)
    const text = query.toString()
    history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''))
  }, [date, slot])

  if (live.problem) return <Page title={pool ? either(pool.name, pool.name_en) : t('pool.choose_day')} back="/"><ProblemNotice problem={live.problem} retry={live.reload} /></Page>
  if (!pool || !stock) return <Page title={pool ? either(pool.name, pool.name_en) : t('app.loading')} back="/"><Skeleton lines={6} /></Page>

  const at = now()
  const day = stock.days.find((d) => d.date === date)
  const chosenSlot = day?.slots?.find((s) => s.start === slot)
  const ready =
    day !== undefined &&
    bookable(dayStanding(pool, day, at).standing) &&
    (!day.slots?.length || (chosenSlot !== undefined && bookable(slotStanding(pool, day, chosenSlot, at))))
  const opens = toCome(pool.opens_at, at)
  const kind = kindKey(pool.kind)
  const choose = (chosen: string) => {
    setDate(chosen)
    setSlot(undefined)
    requestAnimationFrame(() => next.current?.scrollIntoView({ block: 'nearest' }))
  }
  const book = () => {
    const query = new URLSearchParams({ date: date ?? '', ...(slot ? { slot } : {}) })
    go(`/pools/${encodeURIComponent(id)}/book?${query.toString()}`)
  }
  return (
    <Page title={either(pool.name, pool.name_en)} back="/" {...(kind ? { lead: t(kind) } : {})}>
      {opens !== undefined && <Notice title={t('pool.opens', { time: words.moment(opens) })}><p>{t('app.venue_time')}</p></Notice>}
      {pool.activity && <About activity={pool.activity} />}
      <div class="columns">
        <section aria-labelledby="choose-day">
          <h2 id="choose-day">{t('pool.choose_day')}</h2>
          <Calendar pool={pool} stock={stock} chosen={date} choose={choose} />
          <Freshness readAt={live.readAt} changes={live.changes} stale={live.stale !== undefined} reload={live.reload} />
        </section>
        <div ref={next}>
          {day?.slots?.length ? <Slots pool={pool} day={day} chosen={slot} choose={setSlot} /> : null}
          {day && dayStanding(pool, day, at).standing === 'full' && <Notice tone="warn" urgent><p>{t('pool.sold_out_help')}</p></Notice>}
          <div class="sticky">
            {!day && <p class="quiet">{t('pool.pick_first')}</p>}
            {ready && <p class="strong">{words.day(day.date)} {chosenSlot && `${chosenSlot.start}–${chosenSlot.end}`}</p>}
            <Button look="main" disabled={!ready} onClick={book}>{t('pool.continue')}</Button>
          </div>
          <PoolRules pool={pool} />
          <Announcements title={t('home.announcements')} list={board.value?.announcements ?? []} />
        </div>
      </div>
    </Page>
  )
}

/** What an activity is, where, and by whom. */
function About({ activity: a }: { activity: Activity }) {
  const { t, either } = useWords()
  const place = either(a.place_zh, a.place_en)
  const speaker = either(a.speaker_zh, a.speaker_en)
  return (
    <section class="about">
      <Prose text={either(a.description_zh, a.description_en)} />
      <dl>
        {place && <><dt>{t('pool.place')}</dt><dd>{place}</dd></>}
        {speaker && <><dt>{t('pool.speaker')}</dt><dd>{speaker}</dd></>}
      </dl>
    </section>
  )
}

/** Says how fresh the figures are, and once more when they changed. */
function Freshness({ readAt, changes, stale, reload }: { readAt: number; changes: number; stale: boolean; reload: () => void }) {
  const { t, clock } = useWords()
  return (
    <div class="freshness">
      <p class="quiet">
        {stale ? `! ${t('pool.paused')} · ${t('pool.updated', { time: clock(readAt) })}` : `${t('pool.live')} · ${t('pool.updated', { time: clock(readAt) })}`}
      </p>
      {stale && <Button onClick={reload}>{t('app.retry')}</Button>}
      <p class="hidden" role="status">{changes > 0 ? `${t('pool.changed')} ${changes}` : ''}</p>
    </div>
  )
}

function PoolRules({ pool }: { pool: PoolType }) {
  const { t, span } = useWords()
  const r = pool.rules ?? {}
  const lines = [
    t('rule.documents'),
    t('rule.per_order', { n: pool.limit_per_order }),
    r.limit_per_person && t('rule.per_person', { n: r.limit_per_person }),
    r.days_ahead && t('rule.days_ahead', { n: r.days_ahead, time: r.daily_opening ?? '00:00' }),
    r.notice_seconds && t('rule.notice', { time: span(r.notice_seconds) }),
    r.min_age && t('rule.min_age', { n: r.min_age }),
    r.max_age && t('rule.max_age', { n: r.max_age }),
    r.minor_age && t('rule.minors', { n: r.minor_age }),
    r.minors_per_adult && t('rule.minors_per_adult', { n: r.minors_per_adult }),
    costs(pool) && t('rule.hold', { time: span(pool.hold_seconds) }),
    r.refund_deadline_seconds && t('rule.refund', { time: span(r.refund_deadline_seconds) }),
    r.change_deadline_seconds && t('rule.change', { time: span(r.change_deadline_seconds) }),
    r.transfer_deadline_seconds && t('rule.transfer', { time: span(r.transfer_deadline_seconds) }),
  ].filter((line): line is string => typeof line === 'string')
  return (
    <section class="rules" aria-labelledby="rules">
      <h2 id="rules">{t('pool.rules')}</h2>
      <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>
      <p class="quiet">{t('app.venue_time')}</p>
    </section>
  )
}

export const costs = (pool: PoolType): boolean =>
  pool.products?.length ? pool.products.some((p) => p.price_fen > 0) : pool.price_fen > 0

/** The link back to the calendar. */
export function ToCalendar({ pool }: { pool: string }) {
  const { t } = useWords()
  return <Link to={`/pools/${encodeURIComponent(pool)}`}>{t('book.other_day')}</Link>
}
