import { useEffect, useState } from 'preact/hooks'
import { useAct } from '../act'
import type { Order as OrderType, Pool } from '../api/types'
import { now } from '../clock'
import { useWords } from '../i18n/i18n'
import { countdown, isBooked, isPast, secondsLeft, stateKeys, stateOf, stateTones, worthSaying } from '../order'
import { Link } from '../router'
import { useLoaded, useOnline, useShop, useTick } from '../shop'
import { Manage } from '../ui/manage'
import { Page } from '../ui/page'
import { Button, Notice, Skeleton } from '../ui/parts'
import { ProblemNotice, Receipt } from '../ui/refusal'
import { Tickets } from '../ui/tickets'
import { useMustSignIn } from './orders'

export function Order({ id }: { id: string }) {
  const { t } = useWords()
  const signedIn = useMustSignIn()
  return <Page title={t('order.title')} back="/orders">{signedIn && <Shown id={id} />}</Page>
}

function Shown({ id }: { id: string }) {
  const { t } = useWords()
  const { client, pools, orders } = useShop()
  const online = useOnline()
  const order = useLoaded(
    async (signal) => {
      const fresh = await client.get<OrderType>(`/api/v1/orders/${encodeURIComponent(id)}`, { signal, signedIn: true })
      orders.set(id, fresh)
      return fresh
    },
    [id, online],
    orders.get(id),
  )
  const poolID = order.value?.pool
  const pool = useLoaded(
    async (signal) => {
      if (!poolID) return undefined
      const found = pools.get(poolID) ?? (await client.get<Pool>(`/api/v1/pools/${encodeURIComponent(poolID)}`, { signal, quiet: true }))
      pools.set(poolID, found)
      return found
    },
    [poolID],
    poolID ? pools.get(poolID) : undefined,
  )
  const [gone, setGone] = useState(false)
  if (gone) return <Notice tone="good" urgent><p>{t('order.transferred')}</p><p><Link to="/orders">{t('book.see_orders')}</Link></p></Notice>
  if (!order.value) return order.problem ? <ProblemNotice problem={order.problem} retry={order.reload} /> : <Skeleton lines={6} />
  return (
    <>
      {order.problem && (order.problem.unsure ? <Notice tone="warn"><p>{t('order.offline_note')}</p></Notice> : <ProblemNotice problem={order.problem} retry={order.reload} />)}
      <Sheet
        order={order.value}
        pool={pool.value}
        reload={order.reload}
        transferred={() => {
          orders.delete(id)
          setGone(true)
        }}
      />
    </>
  )
}

function Sheet({ order, pool, reload, transferred }: { order: OrderType; pool: Pool | undefined; reload: () => void; transferred: () => void }) {
  const words = useWords()
  const { t } = words
  const at = now()
  useTick(order.state === 'held' ? 500 : 60_000)
  const state = stateOf(order, at)
  const booked = isBooked(state)
  const past = isPast(order, at)
  const texts = {
    held: order.total_fen > 0 ? t('order.held_text') : t('order.held_free_text'),
    provisional: t('order.provisional_text', { time: order.provisional_until ? words.moment(order.provisional_until) : '' }),
    confirmed: t('order.confirmed_text'),
    expired: t('order.expired_text'),
    cancelled: t('order.cancelled_text'),
    withdrawn: t(order.paid_at || order.provisional_until ? 'order.withdrawn_paid_text' : 'order.withdrawn_text', { r: order.receipt ?? '' }),
  }
  return (
    <>
      <section class="card ticket-head" aria-labelledby="what">
        <p><span class={`badge ${stateTones[state]}`}>{past && booked ? t('state.past') : t(stateKeys[state])}</span></p>
        <h2 id="what">{words.either(pool?.name, pool?.name_en) || order.pool}</h2>
        <p class="when">{words.day(order.date)} {order.slot}</p>
        {!past && <p>{texts[state]}</p>}
        {order.total_fen > 0 && <p class="quiet">{t('price.total', { price: words.price(order.total_fen) })}</p>}
        {state === 'withdrawn' && order.receipt && <Receipt receipt={order.receipt} appeal="/.fairgate/appeal" />}
      </section>
      {state === 'held' && <Hold order={order} done={reload} />}
      {(state === 'expired' || state === 'cancelled') && <p><Link class="button main" to={`/pools/${encodeURIComponent(order.pool)}`}>{t('order.book_again')}</Link></p>}
      {booked && !past && <Tickets order={order} pool={pool} />}
      {(booked || state === 'held') && !past && <Manage order={order} pool={pool} reload={reload} transferred={transferred} />}
      <p class="quiet">{t('order.number')} <code>{order.order_id}</code></p>
    </>
  )
}

/** What a hold has left, and the way to settle it. */
function Hold({ order, done }: { order: OrderType; done: () => void }) {
  const { t, price } = useWords()
  const seconds = secondsLeft(order, now())
  const [spoken, setSpoken] = useState('')
  useEffect(() => {
    if (worthSaying(seconds)) setSpoken(t('order.left', { time: countdown(seconds) }))
  }, [seconds])
  const costs = order.total_fen > 0
  const { act, busy, problem } = useAct(order, done, t(costs ? 'order.paid' : 'order.booked'))
  const settle = () => void act(costs ? 'pay' : 'confirm')
  return (
    <section class="card hold" aria-labelledby="hold">
      <h2 id="hold" class="quiet">{t('order.countdown')}</h2>
      <p class="countdown" role="timer" aria-live="off">{countdown(seconds)}</p>
      <p class="hidden" role="status">{spoken}</p>
      {problem && <ProblemNotice problem={problem} retry={problem.unsure ? settle : undefined} />}
      <Button look="main" busy={busy} onClick={settle}>{busy ? t('order.paying') : costs ? t('order.pay', { price: price(order.total_fen) }) : t('order.confirm')}</Button>
      {costs && <p class="quiet">{t('order.pay_note')}</p>}
    </section>
  )
}
