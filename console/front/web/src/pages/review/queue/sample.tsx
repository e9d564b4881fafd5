import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'

/** How far the audit sample has been judged; nothing while it cannot be read. */
export function SampleStanding() {
  const t = useWords('review')
  const query = useQuery({ queryKey: ['audit-sample'], queryFn: ({ signal }) => ask(api.GET('/api/v1/audit-sample', { signal })), staleTime: 60_000 })
  if (!query.data) return null
  const strata = query.data.strata ?? []
  const sum = (of: 'drawn' | 'judged' | 'waiting') => strata.reduce((n, s) => n + s[of], 0)
  return (
    <p className="muted gap-below">
      {t('sample_standing', { drawn: sum('drawn'), judged: sum('judged'), waiting: sum('waiting') })}{' '}
      {query.data.agreement.pairs > 0 ? t('sample_agreement', { pairs: query.data.agreement.pairs, kappa: query.data.agreement.kappa.toFixed(2) }) : null}
    </p>
  )
}
