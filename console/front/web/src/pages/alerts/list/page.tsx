import { Segmented, Select, Tabs } from 'antd'
import { api, ask } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, param, Time, useUrlState, type Column } from '../../../ui'
import { TakeButton } from '../actions'
import { isPattern, patterns, said, states, type Alert } from '../model'
import { AlertTags, PatternName, ResponseClock } from '../tags'
import { Responses } from './responses'

const views = ['open', ...states, 'all'] as const
const shape = { tab: param.oneOf(['list', 'responses'], 'list'), state: param.oneOf(views, 'open'), pattern: param.maybe(patterns) }

/** Alerts of all kinds, and how fast they were taken. */
export default function AlertsPage() {
  const t = useWords('alerts')
  const [{ tab }, set] = useUrlState(shape)
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <Tabs
        activeKey={tab} onChange={(key) => set({ tab: key === 'responses' ? 'responses' : 'list' })}
        items={[{ key: 'list', label: t('tab_list'), children: <List /> }, { key: 'responses', label: t('tab_responses'), children: <Responses /> }]}
        destroyOnHidden
      />
    </>
  )
}

function List() {
  const t = useWords('alerts')
  const ui = useWords('ui')
  const language = useLanguage()
  const [{ state, pattern }, set] = useUrlState(shape)
  const columns: Column<Alert>[] = [
    { key: 'what', title: t('what'), render: (a) => <span className="alert-what">{said(a.what, language)}</span>, csv: (a) => said(a.what, language) },
    { key: 'state', title: t('state'), render: (a) => <AlertTags alert={a} />, csv: (a) => a.state },
    { key: 'pattern', title: t('pattern'), render: (a) => <PatternName pattern={a.pattern} />, csv: (a) => a.pattern, phone: false },
    { key: 'pools', title: t('pools'), render: (a) => (a.pools ?? []).join(ui('list_comma')) || '—', csv: (a) => (a.pools ?? []).join(' ') },
    { key: 'accounts', title: t('accounts'), align: 'right', render: (a) => a.accounts || '—', csv: (a) => a.accounts },
    { key: 'since', title: t('since'), render: (a) => <Time value={a.since} />, csv: (a) => exportTime(a.since) },
    { key: 'clock', title: t('clock'), render: (a) => <ResponseClock alert={a} />, csv: (a) => a.acknowledged_at ? exportTime(a.acknowledged_at) : '' },
    { key: 'actions', title: t('actions'), render: (a) => a.state === 'firing' ? <TakeButton alert={a} /> : a.acknowledged_by || '—' },
  ]
  return (
    <DataTable<Alert>
      name="alerts" caption={t('title')} columns={columns} filters={[state, pattern ?? '']} rowKey={(a) => a.id} to={(a) => `/alerts/${encodeURIComponent(a.id)}`} refresh={5_000}
      load={async (cursor, signal) => {
        const query = {
          limit: 50, ...(cursor ? { cursor } : {}), ...(pattern ? { pattern } : {}),
          ...(state === 'open' ? { open: true } : state === 'all' ? {} : { state }),
        }
        const { alerts, next } = await ask(api.GET('/api/v1/alerts', { params: { query }, signal }))
        return { rows: alerts ?? [], next }
      }}
      empty={state === 'open' && !pattern ? t('empty_open') : t('empty_filtered')}
      toolbar={
        <>
          <Segmented
            value={state} onChange={(v) => set({ state: v })} aria-label={t('filter_state')}
            options={views.map((v) => ({ value: v, label: v === 'open' || v === 'all' ? t(`view_${v}`) : t(`state_${v}`) }))}
          />
          <Select
            value={pattern ?? ''} onChange={(v) => set({ pattern: isPattern(v) ? v : undefined })} aria-label={t('filter_pattern')} popupMatchSelectWidth={false}
            options={[{ value: '', label: t('any_pattern') }, ...patterns.map((p) => ({ value: p as string, label: t(`pattern_${p}`) }))]}
          />
        </>
      }
    />
  )
}
