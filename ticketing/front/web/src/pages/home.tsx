import type { Pool, PoolKind, Venue } from '../api/types'
import { toCome } from '../calendar'
import { now } from '../clock'
import { type Key, useWords } from '../i18n/i18n'
import { Link } from '../router'
import { useLoaded, useShop } from '../shop'
import { Announcements, orNone, readBoard } from '../ui/announcements'
import { Page } from '../ui/page'
import { Notice, Skeleton } from '../ui/parts'
import { Prose } from '../ui/prose'
import { ProblemNotice } from '../ui/refusal'

const kinds: Record<PoolKind, Key> = {
  permanent: 'kind.permanent',
  special: 'kind.special',
  activity: 'kind.activity',
  lecture: 'kind.lecture',
  guardian: 'kind.guardian',
}

export function kindKey(kind: string | undefined): Key | undefined {
  return kind && kind in kinds ? kinds[kind as PoolKind] : undefined
}

export function Home() {
  const { t, either } = useWords()
  const { client, pools: known } = useShop()
  const venue = useLoaded((signal) => orNone(client.get<Venue>('/api/v1/venue', { signal, quiet: true })), [])
  const news = useLoaded((signal) => readBoard(client, signal), [])
  const pools = useLoaded(async (signal) => {
    const { pools } = await client.get<{ pools: Pool[] }>('/api/v1/pools', { signal })
    for (const pool of pools) known.set(pool.pool, pool)
    return pools
  }, [])
  const place = venue.value
  return (
    <Page title={either(place?.name_zh, place?.name_en) || t('home.title')} lead={t('home.lead')}>
      <Announcements title={t('home.announcements')} list={news.value?.announcements.filter((a) => a.kind !== 'rules') ?? []} />
      <section aria-labelledby="pools">
        <h2 id="pools">{t('home.pools')}</h2>
        {pools.problem && <ProblemNotice problem={pools.problem} retry={pools.reload} />}
        {!pools.value && !pools.problem && <Skeleton lines={4} />}
        {pools.value?.length === 0 && <Notice><p>{t('home.empty')}</p></Notice>}
        <ul class="cards">{pools.value?.map((pool) => <PoolCard key={pool.pool} pool={pool} />)}</ul>
      </section>
      {place && <About venue={place} />}
    </Page>
  )
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** Where the house is and when it is open. */
function About({ venue }: { venue: Venue }) {
  const { t, either, weekdays } = useWords()
  const names = weekdays('short')
  const address = either(venue.address_zh, venue.address_en)
  return (
    <section class="about-venue" aria-label={either(venue.name_zh, venue.name_en)}>
      {venue.opening_hours && venue.opening_hours.length > 0 && (
        <>
          <h2>{t('home.hours')}</h2>
          <ul>
            {venue.opening_hours.map((h) => (
              <li key={h.weekdays.join()}>
                {h.weekdays.map((d) => names[dayNames.indexOf(d)]).join(' ')} {h.open}–{h.close}
                {h.last_entry && ` · ${t('home.last_entry', { time: h.last_entry })}`}
                {(h.note_zh || h.note_en) && ` · ${either(h.note_zh, h.note_en)}`}
              </li>
            ))}
          </ul>
        </>
      )}
      <address class="quiet">
        {address}
        {venue.phone && <><br />{t('home.phone', { phone: venue.phone })}</>}
      </address>
      <Prose text={either(venue.transport_zh, venue.transport_en)} />
    </section>
  )
}

function PoolCard({ pool }: { pool: Pool }) {
  const { t, either, price, moment } = useWords()
  const kind = kindKey(pool.kind)
  const prices = pool.products?.length ? pool.products.map((p) => p.price_fen) : [pool.price_fen]
  const least = Math.min(...prices)
  const opens = toCome(pool.opens_at, now())
  return (
    <li>
      <Link class="card" to={`/pools/${encodeURIComponent(pool.pool)}`}>
        <span class="card-body">
          {kind && <span class="tag">{t(kind)}</span>}
          <span class="card-title">{either(pool.name, pool.name_en)}</span>
          {opens && <span class="quiet">{t('pool.opens', { time: moment(opens) })}</span>}
        </span>
        <span class="card-end">
          <span class="price">{Math.max(...prices) > least ? t('price.from', { price: price(least) }) : price(least)}</span>
          <span class="chevron" aria-hidden="true">›</span>
        </span>
      </Link>
    </li>
  )
}
