import type { Client } from '../api/client'
import { Problem } from '../api/problem'
import type { Announcement, Board } from '../api/types'
import { useWords } from '../i18n/i18n'
import { Prose } from './prose'

/** A house that has none of something says so (404, 501), which is no failure. */
export async function orNone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (thrown) {
    if (thrown instanceof Problem && (thrown.status === 404 || thrown.status === 501)) return undefined
    throw thrown
  }
}

/** What concerns one pool, its own and the whole venue's; or all there is. */
export const readBoard = (client: Client, signal: AbortSignal, pool?: string): Promise<Board | undefined> =>
  orNone(client.get<Board>(`/api/v1/announcements${pool ? `?pool=${encodeURIComponent(pool)}` : ''}`, { signal, quiet: true }))

/** Announcements as a list that unfolds; pinned ones are open. */
export function Announcements({ title, list, open }: { title: string; list: Announcement[]; open?: boolean }) {
  const { t, either, moment } = useWords()
  if (list.length === 0) return null
  return (
    <section>
      <h2>{title}</h2>
      <ul class="news">
        {list.map((a) => (
          <li key={a.id}>
            <details open={open ?? a.pinned === true}>
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
