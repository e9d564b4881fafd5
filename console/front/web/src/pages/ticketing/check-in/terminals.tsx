import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, ReasonModal, Time, type Column } from '../../../ui'
import { OneTime } from '../../system/parts/one-time'
import { because } from '../booking'
import { mayEditTicketing } from '../model'
import { RegisterTerminal } from './register'

type Terminal = Schema<'TicketingTerminalShown'>

/** The terminals at the gates, when they were seen last, and revoking one that is lost. */
export function Terminals() {
  const t = useWords('ticketing')
  const ui = useWords('ui')
  const client = useQueryClient()
  const { role } = useOperator()
  const [revoking, setRevoking] = useState<Terminal>()
  const [rekeying, setRekeying] = useState<Terminal>()
  const [key, setKey] = useState<string>()
  const columns: Column<Terminal>[] = [
    { key: 'name', title: t('name'), render: (x) => x.name, csv: (x) => x.name },
    { key: 'id', title: t('id'), render: (x) => <code>{x.terminal_id}</code>, csv: (x) => x.terminal_id, phone: false },
    { key: 'kind', title: t('kind'), render: (x) => (x.kind === 'handheld' ? t('terminal_handheld') : x.kind === 'standing' ? t('terminal_standing') : x.kind), csv: (x) => x.kind },
    { key: 'gate', title: t('gate'), render: (x) => x.gate, csv: (x) => x.gate },
    { key: 'pools', title: t('pools'), render: (x) => x.pools.join(ui('list_comma')), csv: (x) => x.pools.join(' ') },
    { key: 'app', title: t('app_version'), render: (x) => x.app_version || '—', csv: (x) => x.app_version ?? '' },
    { key: 'seen', title: t('seen'), render: (x) => <Time value={x.seen_at} />, csv: (x) => (x.seen_at ? exportTime(x.seen_at) : '') },
    { key: 'state', title: t('state'), render: (x) => (x.revoked_at ? t('terminal_revoked') : t('terminal_active')), csv: (x) => x.revoked_at || 'active' },
    ...(mayEditTicketing(role) ? [{ key: 'actions', title: t('actions'), render: (x: Terminal) => (x.revoked_at ? '—' : <span className="row-actions"><Button size="small" onClick={() => setRekeying(x)}>{t('terminal_rekey')}</Button><Button size="small" danger onClick={() => setRevoking(x)}>{t('revoke')}</Button></span>) }] : []),
  ]
  return (
    <>
      <DataTable<Terminal>
        name="terminals" caption={t('tab_terminals')} columns={columns} filters={[]} rowKey={(x) => x.terminal_id} refresh={10_000} empty={t('terminals_empty')}
        load={async (cursor, signal) => {
          const { terminals, next } = await ask(api.GET('/api/v1/ticketing/terminals', { params: { query: { limit: 50, ...(cursor ? { after: cursor } : {}) } }, signal }))
          return { rows: terminals, next }
        }}
        {...(mayEditTicketing(role) ? { toolbar: <RegisterTerminal /> } : {})}
      />
      <ReasonModal
        open={rekeying !== undefined} danger title={t('terminal_rekey_title', { name: rekeying?.name ?? '' })} confirm={t('terminal_rekey')} onClose={() => setRekeying(undefined)}
        onConfirm={async (reason) => {
          if (!rekeying) return
          setKey((await ask(api.POST('/api/v1/ticketing/terminals/{terminal}/key', { params: { path: { terminal: rekeying.terminal_id }, header: because(reason) } }))).key)
        }}
      >
        <p>{t('terminal_rekey_about')}</p>
      </ReasonModal>
      <OneTime title={t('terminal_key')} note={t('terminal_key_note')} secret={key} onClose={() => setKey(undefined)} />
      {revoking ? (
        <ReasonModal
          open danger title={t('revoke_title', { name: revoking.name })} confirm={t('revoke')} onClose={() => setRevoking(undefined)}
          onConfirm={async (reason) => {
            await ask(api.POST('/api/v1/ticketing/terminals/{terminal}/revoke', { params: { path: { terminal: revoking.terminal_id }, header: because(reason) } }))
            await client.invalidateQueries({ queryKey: ['table', 'terminals'] })
          }}
        >
          <p>{t('revoke_about')}</p>
        </ReasonModal>
      ) : null}
    </>
  )
}
