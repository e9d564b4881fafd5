import { useQuery } from '@tanstack/react-query'
import { Progress } from 'antd'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded } from '../../../ui/loaded'

/** How much of their block budget the rules have used, the most first. */
export function BudgetsPanel() {
  const t = useWords('overview')
  const query = useQuery({
    queryKey: ['block-budgets'], refetchInterval: 10_000,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/block-budgets', { signal })),
  })
  return (
    <section className="panel">
      <h2>{t('budgets')}</h2>
      <Loaded query={query}>
        {({ budgets }) => {
          const used = (budgets ?? []).filter((b) => b.used > 0 || b.down).sort((a, b) => b.used / Math.max(1, b.allowed) - a.used / Math.max(1, a.allowed))
          if (used.length === 0) return <p className="muted">{t('budgets_none')}</p>
          return (
            <ul className="lines">
              {used.slice(0, 6).map((b) => {
                const share = Math.round((100 * b.used) / Math.max(1, b.allowed))
                const words = t('budget_used', { share, used: b.used, allowed: b.allowed })
                return (
                  <li key={b.rule}>
                    <code>{b.rule}</code> {b.down ? <span className="tag">{t('budget_tripped')}</span> : null}
                    <Progress percent={Math.min(100, share)} showInfo={false} size="small" strokeColor="#33709F" aria-label={`${b.rule}: ${words}`} />
                    <span className="muted figure">{words}</span>
                  </li>
                )
              })}
            </ul>
          )
        }}
      </Loaded>
    </section>
  )
}
