import { Button, Form, Input } from 'antd'
import { changePassword, signOut } from '../../api/session'
import { useWords } from '../../i18n'
import { asProblem } from '../../api/problem'
import { ErrorCard } from '../../ui/error-card'
import { PageHeader } from '../../ui/page-header'
import { useAttempt } from '../../ui/use-attempt'

interface Given {
  old: string
  replacement: string
  again: string
}

/** The current password and the new one, twice. */
export function PasswordForm() {
  const t = useWords('ui')
  const { busy, failed, attempt } = useAttempt()
  const submit = ({ old, replacement }: Given) => attempt(() => changePassword(old, replacement))
  return (
    <Form<Given> layout="vertical" requiredMark={false} onFinish={(given) => void submit(given)}>
      <Form.Item name="old" label={t('old_password')} rules={[{ required: true, message: t('required') }]}>
        <Input.Password autoComplete="current-password" autoFocus maxLength={256} size="large" />
      </Form.Item>
      <Form.Item name="replacement" label={t('new_password')} extra={t('password_rule')} rules={[{ required: true, min: 12, message: t('password_rule') }]}>
        <Input.Password autoComplete="new-password" maxLength={256} size="large" />
      </Form.Item>
      <Form.Item
        name="again" label={t('new_password_again')} dependencies={['replacement']}
        rules={[({ getFieldValue }) => ({
          validator: (_, value: string) => (value === getFieldValue('replacement') ? Promise.resolve() : Promise.reject(new Error(t('passwords_differ')))),
        })]}
      >
        <Input.Password autoComplete="new-password" maxLength={256} size="large" />
      </Form.Item>
      {failed === undefined ? null : (
        <div className="form-problem">
          {asProblem(failed).status === 401 ? <p role="alert" className="refusal">{t('old_password_wrong')}</p> : <ErrorCard error={failed} />}
        </div>
      )}
      <Button type="primary" htmlType="submit" loading={busy} block size="large">{t('change_password')}</Button>
    </Form>
  )
}

/** The one-time password has to be changed before anything else. */
export function PasswordChange() {
  const t = useWords('ui')
  const leave = () => {
    signOut().catch(() => undefined) // forgotten here either way
  }
  return (
    <div className="gate">
      <main className="gate-card">
        <p className="brand">Fairgate</p>
        <PageHeader title={t('change_password_title')} about={t('change_password_note')} />
        <PasswordForm />
        <Button type="link" block onClick={leave}>{t('sign_out')}</Button>
      </main>
    </div>
  )
}
