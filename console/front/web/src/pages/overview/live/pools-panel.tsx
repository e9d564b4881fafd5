import type { Frame } from '../../../api/live'
import { useLanguage, useWords } from '../../../i18n'
import { whole } from '../../../ui/numbers'
import { PlainTable } from '../../../ui/plain-table'
import { timeText } from '../../../ui/time'

type Pool = NonNullable<Frame<'overview'>['pools']>[number]

/** What is left, held and sold of each pool. */
export function PoolsPanel({ frame }: { frame: Frame<'overview'> }) {
  const t = useWords('overview')
  const language = useLanguage()
  const count = (of: 'left' | 'held' | 'sold' | 'withheld') => ({ key: of, title: t(of), align: 'right' as const, render: (_: unknown, pool: Pool) => whole(pool[of]) })
  return (
    <section className="panel">
      <h2>{t('pools')}</h2>
      {frame.pools_as_of ? <p className="muted">{t('pools_as_of', { at: timeText(frame.pools_as_of, 'clock') })}</p> : null}
      {frame.pools && frame.pools.length > 0 ? (
        <PlainTable<Pool>
          caption={t('pools')} rowKey="pool" dataSource={frame.pools} maxHeight={260}
          columns={[
            { key: 'pool', title: t('pool'), render: (_, pool) => <>{language === 'zh' ? pool.name_zh : pool.name_en} <span className="muted">{pool.pool}</span></> },
            count('left'), count('held'), count('sold'), count('withheld'),
          ]}
        />
      ) : <p className="muted">{t('pools_none')}</p>}
    </section>
  )
}
