import { useQuery } from '@tanstack/react-query'
import { Switch } from 'antd'
import { useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, param, useUrlState } from '../../../ui'
import { Changes } from '../changes'
import { useRulesetName } from '../data'
import '../strategy.css'

const shape = { all: param.flag() }

/** What changes from one version to another, for one rule or for all. */
export default function ComparePage() {
  const t = useWords('strategy')
  const { id = '', a = '0', b = '0' } = useParams()
  const [{ all }, set] = useUrlState(shape)
  const name = useRulesetName().data
  const [from, to] = [a, b].map((n) => (/^\d{1,12}$/.test(n) ? Number(n) : 0))
  const query = useQuery({
    queryKey: ['compare', name, from, to], enabled: name !== undefined,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/rulesets/{name}/versions/{number}/changes', { params: { path: { name: name ?? '', number: to ?? 0 }, query: { from: from ?? 0 } }, signal })),
  })
  return (
    <>
      <PageHeader title={`${t('compare')} · ${id}`} about={t('diff_about', { a: from ?? 0, b: to ?? 0 })} />
      <section className="panel tab-body">
        <p className="editor-line"><Switch checked={!all} onChange={(one) => set({ all: !one })} aria-label={t('diff_only_rule')} /> {t('diff_only_rule')}</p>
        <Loaded query={query}>
          {(found) => <><p className="muted">{t(found.instant ? 'diff_instant' : 'diff_second')}</p><Changes changes={(found.changes ?? []).filter((c) => all || c.name === id)} /></>}
        </Loaded>
      </section>
    </>
  )
}
