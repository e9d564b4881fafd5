import { useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Form, Input, InputNumber } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { isRole, type Role } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, ReasonModal, Time, type Column } from '../../../ui'
import { FormModal } from '../parts/form-modal'
import { OneTime } from '../parts/one-time'
import { RoleSelect } from '../parts/role-select'
import '../system.css'

type APIKey = Schema<'APIKey'>

const load = async (cursor: string | undefined, signal: AbortSignal) => {
  const { keys, next } = await ask(api.GET('/api/v1/api-keys', { params: { query: cursor ? { after: cursor } : {} }, signal }))
  return { rows: keys ?? [], next }
}

interface NewKey {
  name: string
  role: Role
  days: number
  sensitive?: boolean
}

/** What programs are let in by. */
export default function KeysPage() {
  const t = useWords('system')
  const word = useWords('ui')
  const { role } = useOperator()
  const queries = useQueryClient()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<string>()
  const [revoking, setRevoking] = useState<string>()
  const reload = () => void queries.invalidateQueries({ queryKey: ['table', 'api-keys'] })
  const state = (k: APIKey) => (k.revoked_at ? t('revoked') : k.expires_at && Date.parse(k.expires_at) < Date.now() ? t('expired') : t('enabled'))
  const columns: Column<APIKey>[] = [
    { key: 'name', title: t('name'), render: (k) => <strong>{k.name}</strong>, csv: (k) => k.name },
    { key: 'role', title: t('role'), render: (k) => (isRole(k.role) ? word(`role_${k.role}`) : k.role), csv: (k) => k.role },
    { key: 'state', title: t('state'), render: state, csv: state },
    { key: 'sensitive', title: t('sensitive'), render: (k) => (k.sensitive ? t('yes') : t('no')), csv: (k) => k.sensitive },
    { key: 'used', title: t('used_at'), render: (k) => <Time value={k.used_at} />, csv: (k) => (k.used_at ? exportTime(k.used_at) : '') },
    { key: 'expires', title: t('expires_at'), render: (k) => (k.expires_at ? <Time value={k.expires_at} to="minute" /> : t('each_start')), csv: (k) => (k.expires_at ? exportTime(k.expires_at) : '') },
    { key: 'by', title: t('made_by'), render: (k) => k.created_by ?? '—', csv: (k) => k.created_by },
    ...(role === 'administrator'
      ? [{ key: 'revoke', title: t('actions'), render: (k: APIKey) => (k.revoked_at ? null : <Button size="small" danger onClick={() => setRevoking(k.name)} aria-label={`${t('revoke')} ${k.name}`}>{t('revoke')}</Button>) }]
      : []),
  ]
  const make = async ({ name, role: as, days, sensitive, reason }: NewKey & { reason: string }) => {
    const expires = new Date(Date.now() + days * 86_400_000).toISOString()
    const { key } = await ask(api.POST('/api/v1/api-keys', { body: { name, role: as, expires_at: expires, sensitive: sensitive ?? false, reason } }))
    setMade(key)
    reload()
  }
  return (
    <>
      <PageHeader title={t('keys')} about={t('keys_about')} actions={role === 'administrator' ? <Button type="primary" onClick={() => setMaking(true)}>{t('key_new')}</Button> : null} />
      <DataTable<APIKey> name="api-keys" caption={t('keys')} columns={columns} filters={[]} load={load} rowKey={(k) => k.name} empty={t('keys_none')} />
      <FormModal<NewKey> open={making} title={t('key_new')} confirm={t('make')} initial={{ days: 90 }} onConfirm={make} onClose={() => setMaking(false)}>
        <Form.Item name="name" label={t('name')} extra={t('name_rule')} rules={[{ required: true, pattern: /^[a-z][a-z0-9._-]{1,31}$/, message: t('name_rule') }]}>
          <Input autoComplete="off" maxLength={32} />
        </Form.Item>
        <Form.Item name="role" label={t('role')} rules={[{ required: true, message: word('required') }]}><RoleSelect /></Form.Item>
        <Form.Item name="days" label={t('days')} rules={[{ required: true, message: word('required') }]}><InputNumber min={1} max={365} precision={0} /></Form.Item>
        <Form.Item name="sensitive" valuePropName="checked"><Checkbox>{t('sensitive_note')}</Checkbox></Form.Item>
      </FormModal>
      <OneTime title={t('key_made')} note={t('key_note')} secret={made} onClose={() => setMade(undefined)} />
      <ReasonModal
        open={revoking !== undefined} title={`${t('revoke')}: ${revoking ?? ''}`} confirm={t('revoke')} danger onClose={() => setRevoking(undefined)}
        onConfirm={async (reason) => {
          if (revoking === undefined) return
          await ask(api.POST('/api/v1/api-keys/{name}/revoke', { params: { path: { name: revoking } }, body: { reason } }))
          reload()
        }}
      >
        <p>{t('revoke_effect')}</p>
      </ReasonModal>
    </>
  )
}
