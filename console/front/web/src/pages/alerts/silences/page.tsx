import { Button, Checkbox } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, param, Time, useUrlState, type Column } from '../../../ui'
import { useAlertsChanged } from '../actions'
import { isPattern, mayTake, type Silence } from '../model'
import { useNow } from '../use-now'
import { EndSilence } from './end'
import '../alerts.css'

const shape = { ended: param.flag() }

/** Silences in force, and on request those that have ended. */
export default function SilencesPage() {
  const t = useWords('alerts')
  const ui = useWords('ui')
  const { role } = useOperator()
  const [{ ended }, set] = useUrlState(shape)
  const [ending, setEnding] = useState<Silence>()
  const changed = useAlertsChanged()
  const now = useNow(10_000)
  const running = (x: Silence) => !x.ended_by && Date.parse(x.until) > now
  const covers = (x: Silence): string =>
    [
      x.pattern ? t('scope_pattern', { name: isPattern(x.pattern) ? t(`pattern_${x.pattern}`) : x.pattern }) : '',
      x.group ? t('scope_group', { name: x.group }) : '', x.pool ? t('scope_pool', { name: x.pool }) : '',
    ].filter(Boolean).join(ui('list_comma'))
  const end = (x: Silence): string =>
    running(x) ? t('in_force') : x.ended_by === 'idle' ? t('ended_idle') : x.ended_by ? t('ended_who', { name: x.ended_by }) : t('ended_time')
  const columns: Column<Silence>[] = [
    { key: 'covers', title: t('silence_covers'), render: covers, csv: covers },
    { key: 'reason', title: t('reason'), render: (x) => x.reason, csv: (x) => x.reason },
    { key: 'by', title: t('by'), render: (x) => x.by, csv: (x) => x.by },
    { key: 'made', title: t('made'), render: (x) => <Time value={x.made_at} />, csv: (x) => exportTime(x.made_at) },
    { key: 'until', title: t('until'), render: (x) => <Time value={x.until} />, csv: (x) => exportTime(x.until) },
    { key: 'matched', title: t('matched'), render: (x) => <Time value={x.matched_at} />, csv: (x) => exportTime(x.matched_at) },
    { key: 'ended', title: t('ended_by'), render: end, csv: end },
    ...(mayTake(role) ? [{ key: 'actions', title: t('actions'), render: (x: Silence) => (running(x) ? <Button onClick={() => setEnding(x)}>{t('end')}</Button> : '—') }] : []),
  ]
  return (
    <>
      <PageHeader title={t('silences')} about={t('silences_about')} />
      <DataTable<Silence>
        name="silences" caption={t('silences')} columns={columns} filters={[ended]} rowKey={(x) => x.id} refresh={10_000} empty={t('silences_empty')}
        load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/silences', { params: { query: { all: ended } }, signal }))).silences ?? [] })}
        toolbar={<Checkbox checked={ended} onChange={(e) => set({ ended: e.target.checked })}>{t('silences_ended')}</Checkbox>}
      />
      {ending ? <EndSilence silence={ending} covers={covers(ending)} onClose={() => setEnding(undefined)} onEnded={changed} /> : null}
    </>
  )
}
