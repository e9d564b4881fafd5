import { useEffect } from 'preact/hooks'
import type { Client } from '../api/client'
import type { Order, Pool } from '../api/types'
import { now } from '../clock'
import { useWords } from '../i18n/i18n'
import { isBooked, isPast, stateKeys, stateOf, stateTones } from '../order'
import { Link, useRouter } from '../router'
import { useLoaded, useShop, useSignedIn } from '../shop'
import { Page } from '../ui/page'
import { Notice, Skeleton } from '../ui/parts'
import { ProblemNotice } from '../ui/refusal'

/** Sends whoever is not signed in to do so, and back here, or where next says. */
export function useMustSignIn(next?: string): boolean {
  const signedIn = useSignedIn()
  const { place, go } = useRouter()
  useEffect(() => {
    if (!signedIn) go(`/sign-in?next=${encodeURIComponent(next ?? place.path)}`, { replace: true })
  }, [signedIn])
  return signedIn
}

export function Orders() {
  const { t } = useWords()
  const signedIn = useMustSignIn()
  return <Page title={t('orders.title')}>{signedIn && <List />}</Page>
}

const mostPages = 10

/** All of the visitor's orders, page by page. */
async function everyOrder(client: Client, signal: AbortSignal): Promise<Order[]> {
  const orders: Order[] = []
  let after = ''
  for (let page = 0; page < mostPages; page++) {
    const got = await client.get<{ orders: Order[]; next?: string }>(`/api/v1/orders${after && `?after=${encodeURIComponent(after)}`}`, { signal, signedIn: true })
    orders.push(...got.orders)
    if (!got.next) break
    after = got.next
  }
  return orders
}

function List() {
  const { t } = useWords()
  const { client, pools, orders: opened } = useShop()
  const orders = useLoaded(async (signal) => {
    const [mine] = await Promise.all([
      everyOrder(client, signal),
      pools.size > 0 ? undefined : client.get<{ pools: Pool[] }>('/api/v1/pools', { signal }).then(({ pools: all }) => all.forEach((p) => pools.set(p.pool, p))),
    ])
    return mine
  }, [])
  const at = now()
  // Without a network what was opened before is still there.
  const list = orders.value ?? (orders.problem ? [...opened.values()] : undefined)
  const live = (o: Order) => !isPast(o, at) && (isBooked(stateOf(o, at)) || stateOf(o, at) === 'held')
  const upcoming = list?.filter(live).sort((a, b) => (a.date + (a.slot ?? '')).localeCompare(b.date + (b.slot ?? '')))
  const others = list?.filter((o) => !live(o))
  return (
    <>
      {orders.problem && <ProblemNotice problem={orders.problem} retry={orders.reload} />}
      {!list && <Skeleton lines={4} />}
      {list?.length === 0 && !orders.problem && (
        <Notice><p>{t('orders.empty')}</p><p><Link class="button main" to="/">{t('orders.go_book')}</Link></p></Notice>
      )}
      {upcoming && upcoming.length > 0 && <Section id="upcoming" title={t('orders.upcoming')} orders={upcoming} />}
      {others && others.length > 0 && <Section id="others" title={t('orders.past')} orders={others} />}
    </>
  )
}

function Section({ id, title, orders }: { id: string; title: string; orders: Order[] }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="cards">{orders.map((o) => <OrderCard key={o.order_id} order={o} />)}</ul>
    </section>
  )
}

function OrderCard({ order }: { order: Order }) {
  const { t, day, either } = useWords()
  const { pools } = useShop()
  const pool = pools.get(order.pool)
  const at = now()
  const state = stateOf(order, at)
  const past = isPast(order, at)
  return (
    <li>
      <Link class="card" to={`/orders/${order.order_id}`}>
        <span class="card-body">
          <span class={`badge ${stateTones[state]}`}>{past && isBooked(state) ? t('state.past') : t(stateKeys[state])}</span>
          <span class="card-title">{either(pool?.name, pool?.name_en) || order.pool}</span>
          <span>{day(order.date)} {order.slot}</span>
          <span class="quiet">{t('orders.persons', { n: order.positions.length })} · {order.positions.map((p) => p.name_masked).join(' ')}</span>
        </span>
        <span class="card-end">
          <span>{isBooked(state) && !past ? t('orders.show') : t('orders.details')}</span>
          <span class="chevron" aria-hidden="true">›</span>
        </span>
      </Link>
    </li>
  )
}
