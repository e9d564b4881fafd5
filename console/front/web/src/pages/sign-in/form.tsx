import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { asProblem, type Problem } from '../../api/problem'
import { signIn } from '../../api/session'
import { useWords } from '../../i18n'
import { ErrorCard } from '../../ui/error-card'

interface SignInFormProps {
  /** Fixed where an operator signs in again. */
  name?: string
  onDone?: () => void
}

/** Name and password. What the server refuses is said without telling which was wrong. */
export function SignInForm({ name, onDone }: SignInFormProps) {
  const t = useWords('ui')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const submit = async (given: { name?: string; password: string }) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await signIn({ name: (name ?? given.name ?? '').trim(), password: given.password })
      onDone?.()
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(given: { name?: string; password: string }) => void submit(given)}>
      {name === undefined ? (
        <Form.Item name="name" label={t('user_name')} rules={[{ required: true, message: t('required') }]}>
          <Input autoComplete="username" autoFocus maxLength={64} size="large" />
        </Form.Item>
      ) : null}
      <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('required') }]}>
        <Input.Password autoComplete="current-password" autoFocus={name !== undefined} maxLength={256} size="large" />
      </Form.Item>
      {problem ? <div className="form-problem"><SignInProblem problem={problem} /></div> : null}
      <Button type="primary" htmlType="submit" loading={busy} block size="large">{t('sign_in')}</Button>
    </Form>
  )
}

function SignInProblem({ problem }: { problem: Problem }) {
  const t = useWords('ui')
  if (problem.status === 401) return <p role="alert" className="refusal">{t('bad_credentials')}</p>
  if (problem.status === 429) return <p role="alert" className="refusal">{t('too_many_tries')}</p>
  return <ErrorCard error={problem} />
}
