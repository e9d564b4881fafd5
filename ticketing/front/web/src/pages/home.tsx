import { Problem } from '../api/problem'
import type { Announcement, Pool, PoolKind, Venue } from '../api/types'
import { toCome } from '../calendar'
import { now } from '../clock'
import { type Key, useWords } from '../i18n/i18n'
import { Link } from '../router'
import { useLoaded, useShop } from '../shop'
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

/** A house that has none of something says so (404, 501), which is no failure. */
async function orNone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (thrown) {
    if (thrown instanceof Problem && (thrown.status === 404 || thrown.status === 501)) return undefined
    throw thrown
  }
}

export function Home() {
  const { t, either } = useWords()
  const { client, pools: known } = useShop()
  const venue = useLoaded((signal) => orNone(client.get<Venue>('/api/v1/venue', { signal, quiet: true })), [])
  const news = useLoaded((signal) => orNone(client.get<{ announcements: Announcement[] }>('/api/v1/announcements', { signal, quiet: true })), [])
  const pools = useLoaded(async (signal) => {
    const { pools } = await client.get<{ pools: Pool[] }>('/api/v1/pools', { signal })
    for (const pool of pools) known.set(pool.pool, pool)
    return pools
  }, [])
  const place = venue.value
  return (
    <Page title={either(place?.name_zh, place?.name_en) || t('home.title')} lead={t('home.lead')}>
      <Announcements list={news.value?.announcements ?? []} />
      <section aria-labelledby="pools">
        <h2 id="pools">{t('home.pools')}</h2>
        {pools.problem && <ProblemNotice problem={pools.problem} retry={pools.reload} />}
        {!pools.value && !pools.problem && <Skeleton lines={4} />}
        {pools.value?.length === 0 && <Notice><p>{t('home.empty')}</p></Notice>}
        <ul class="cards">{pools.value?.map((pool) => <PoolCard key={pool.pool} pool={pool} />)}</ul>
      </section>
      {place && (place.address_zh || place.address_en || place.phone) && (
        <address class="quiet">
          {either(place.address_zh, place.address_en)}
          {place.phone && <><br />{t('home.phone', { phone: place.phone })}</>}
        </address>
      )}
    </Page>
  )
}

function Announcements({ list }: { list: Announcement[] }) {
  const { t, either, moment } = useWords()
  if (list.length === 0) return null
  return (
    <section aria-labelledby="news">
      <h2 id="news">{t('home.announcements')}</h2>
      <ul class="news">
        {list.map((a) => (
          <li key={a.id}>
            <details open={a.pinned === true}>
              <summary>
                {a.pinned && <span class="tag">{t('home.pinned')}</span>}
                <span>{either(a.title_zh, a.title_en)}</span>
              </summary>
              <Prose text={either(a.body_zh, a.body_en)} />
              <p class="quiet"><time dateTime={a.published_at}>{moment(a.published_at)}</time></p>
            </details>
          </li>
        ))}
      </ul>
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
      <Link class="card pool" to={`/pools/${encodeURIComponent(pool.pool)}`}>
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
