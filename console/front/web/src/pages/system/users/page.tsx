import { useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { isRole, type Role } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, PageHeader, Time, type Column } from '../../../ui'
import { FormModal } from '../parts/form-modal'
import { OneTime } from '../parts/one-time'
import { RoleSelect } from '../parts/role-select'
import { UserActions } from './actions'
import '../system.css'

type User = Schema<'User'>

const load = async (cursor: string | undefined, signal: AbortSignal) => {
  const { users, next } = await ask(api.GET('/api/v1/users', { params: { query: cursor ? { after: cursor } : {} }, signal }))
  return { rows: users ?? [], next }
}

/** The operators: who may sign in, as what. */
export default function UsersPage() {
  const t = useWords('system')
  const word = useWords('ui')
  const { role } = useOperator()
  const queries = useQueryClient()
  const [making, setMaking] = useState(false)
  const [password, setPassword] = useState<string>()
  const changes = role === 'administrator'
  const reload = () => void queries.invalidateQueries({ queryKey: ['table', 'users'] })
  const columns: Column<User>[] = [
    { key: 'name', title: t('name'), render: (u) => <strong>{u.name}</strong>, csv: (u) => u.name },
    { key: 'role', title: t('role'), render: (u) => (isRole(u.role) ? word(`role_${u.role}`) : u.role), csv: (u) => u.role },
    { key: 'state', title: t('state'), render: (u) => (u.disabled_at ? t('disabled') : u.must_change_password ? t('one_time_standing') : t('enabled')), csv: (u) => (u.disabled_at ? 'disabled' : 'enabled') },
    { key: 'totp', title: t('second_factor'), render: (u) => (u.totp ? t('yes') : t('no')), csv: (u) => u.totp },
    { key: 'signed_in', title: t('signed_in_at'), render: (u) => <Time value={u.signed_in_at} />, csv: (u) => (u.signed_in_at ? exportTime(u.signed_in_at) : '') },
    { key: 'sessions', title: t('sessions'), render: (u) => <Link to={`/system/sessions?operator=${encodeURIComponent(u.name)}`}>{t('show')}</Link> },
    ...(changes ? [{ key: 'actions', title: t('actions'), render: (u: User) => <UserActions user={u} onDone={reload} onPassword={setPassword} /> }] : []),
  ]
  const make = async ({ name, role: as, reason }: { name: string; role: Role; reason: string }) => {
    const made = await ask(api.POST('/api/v1/users', { body: { name, role: as, reason } }))
    setPassword(made.one_time_password)
    reload()
  }
  return (
    <>
      <PageHeader title={t('users')} about={t('users_about')} actions={changes ? <Button type="primary" onClick={() => setMaking(true)}>{t('user_new')}</Button> : null} />
      <DataTable<User> name="users" caption={t('users')} columns={columns} filters={[]} load={load} rowKey={(u) => u.name} empty={t('users_none')} />
      <FormModal<{ name: string; role: Role }> open={making} title={t('user_new')} confirm={t('make')} onConfirm={make} onClose={() => setMaking(false)}>
        <Form.Item name="name" label={t('name')} extra={t('name_rule')} rules={[{ required: true, pattern: /^[a-z][a-z0-9._-]{1,31}$/, message: t('name_rule') }]}>
          <Input autoComplete="off" maxLength={32} />
        </Form.Item>
        <Form.Item name="role" label={t('role')} rules={[{ required: true, message: word('required') }]}>
          <RoleSelect />
        </Form.Item>
      </FormModal>
      <OneTime title={t('password_made')} note={t('password_note')} secret={password} onClose={() => setPassword(undefined)} />
    </>
  )
}
