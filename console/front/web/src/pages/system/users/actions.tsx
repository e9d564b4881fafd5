import { Button, Dropdown, Form } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { isRole, type Role } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { ReasonModal } from '../../../ui'
import { FormModal } from '../parts/form-modal'
import { RoleSelect } from '../parts/role-select'

interface UserActionsProps {
  user: Schema<'User'>
  onDone: () => void
  /** A new one-time password was made. */
  onPassword: (password: string) => void
}

type Action = 'role' | 'disable' | 'enable' | 'password' | 'totp' | 'sign_out'

/** What an administrator may do with an operator; oneself is left to others. */
export function UserActions({ user, onDone, onPassword }: UserActionsProps) {
  const t = useWords('system')
  const own = useOperator().name === user.name
  const [open, setOpen] = useState<Action>()
  const params = { path: { name: user.name } }
  const run: Record<Exclude<Action, 'role'>, (reason: string) => Promise<unknown>> = {
    disable: (reason) => ask(api.POST('/api/v1/users/{name}/disable', { params, body: { reason } })),
    enable: (reason) => ask(api.POST('/api/v1/users/{name}/enable', { params, body: { reason } })),
    totp: (reason) => ask(api.POST('/api/v1/users/{name}/totp-reset', { params, body: { reason } })),
    sign_out: (reason) => ask(api.POST('/api/v1/users/{name}/sign-out', { params, body: { reason } })),
    password: async (reason) => onPassword((await ask(api.POST('/api/v1/users/{name}/password', { params, body: { reason } }))).one_time_password),
  }
  const actions: Action[] = own ? [] : ['role', user.disabled_at ? 'enable' : 'disable', 'sign_out', 'password', ...(user.totp ? ['totp' as const] : [])]
  const setRole = async ({ role, reason }: { role: Role; reason: string }) => {
    await ask(api.PUT('/api/v1/users/{name}/role', { params, body: { role, reason } }))
    onDone()
  }
  if (own) return <span className="muted">{t('oneself')}</span>
  return (
    <>
      <Dropdown trigger={['click']} menu={{ items: actions.map((a) => ({ key: a, label: t(`do_${a}`), danger: a === 'disable' })), onClick: ({ key }) => setOpen(actions.find((a) => a === key)) }}>
        <Button size="small" aria-label={t('actions_of', { name: user.name })}>{t('actions')}</Button>
      </Dropdown>
      {open && open !== 'role' ? (
        <ReasonModal
          open title={`${t(`do_${open}`)}: ${user.name}`} confirm={t(`do_${open}`)} danger={open === 'disable'} onClose={() => setOpen(undefined)}
          onConfirm={async (reason) => {
            await run[open](reason)
            onDone()
          }}
        >
          <p>{t(`effect_${open}`)}</p>
        </ReasonModal>
      ) : null}
      <FormModal<{ role: Role }>
        open={open === 'role'} title={`${t('do_role')}: ${user.name}`} confirm={t('do_role')} onConfirm={setRole} onClose={() => setOpen(undefined)}
        {...(isRole(user.role) ? { initial: { role: user.role } } : {})}
      >
        <p>{t('effect_role')}</p>
        <Form.Item name="role" label={t('role')}><RoleSelect /></Form.Item>
      </FormModal>
    </>
  )
}
