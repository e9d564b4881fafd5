import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { asProblem, type Problem } from '../../api/problem'
import { signIn, signInCode } from '../../api/session'
import { useWords } from '../../i18n'
import { ErrorCard } from '../../ui/error-card'

interface SignInFormProps {
  /** Fixed where an operator signs in again. */
  name?: string
  onDone?: () => void
}

/** Name and password, then the second factor where the account has one. */
export function SignInForm({ name, onDone }: SignInFormProps) {
  const [step, setStep] = useState<'password' | 'code'>('password')
  const done = () => onDone?.()
  return step === 'password'
    ? <PasswordStep {...(name === undefined ? {} : { name })} onCode={() => setStep('code')} onDone={done} />
    : <CodeStep onBack={() => setStep('password')} onDone={done} />
}

/** Runs a step of signing in, and keeps what the server said against it. */
function useStep(): { busy: boolean; problem: Problem | undefined; run: (step: () => Promise<void>) => void } {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const run = (step: () => Promise<void>) => {
    setBusy(true)
    setProblem(undefined)
    step().catch((error: unknown) => setProblem(asProblem(error))).finally(() => setBusy(false))
  }
  return { busy, problem, run }
}

interface PasswordStepProps {
  name?: string
  onCode: () => void
  onDone: () => void
}

function PasswordStep({ name, onCode, onDone }: PasswordStepProps) {
  const t = useWords('ui')
  const { busy, problem, run } = useStep()
  const submit = (given: { name?: string; password: string }) => run(async () => {
    if ((await signIn({ name: (name ?? given.name ?? '').trim(), password: given.password })) === 'code') onCode()
    else onDone()
  })
  return (
    <Form layout="vertical" requiredMark={false} onFinish={submit}>
      {name === undefined ? (
        <Form.Item name="name" label={t('user_name')} rules={[{ required: true, message: t('required') }]}>
          <Input autoComplete="username" autoFocus maxLength={64} size="large" />
        </Form.Item>
      ) : null}
      <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('required') }]}>
        <Input.Password autoComplete="current-password" autoFocus={name !== undefined} maxLength={256} size="large" />
      </Form.Item>
      {problem ? <SignInProblem problem={problem} refused={t('bad_credentials')} /> : null}
      <Button type="primary" htmlType="submit" loading={busy} block size="large">{t('sign_in')}</Button>
    </Form>
  )
}

function CodeStep({ onBack, onDone }: { onBack: () => void; onDone: () => void }) {
  const t = useWords('ui')
  const { busy, problem, run } = useStep()
  const submit = ({ code }: { code: string }) => run(async () => {
    await signInCode(code.replaceAll(/\s/g, ''))
    onDone()
  })
  return (
    <Form layout="vertical" requiredMark={false} onFinish={submit}>
      <Form.Item name="code" label={t('code')} extra={t('code_help')} rules={[{ required: true, message: t('required') }]}>
        <Input autoComplete="one-time-code" inputMode="text" autoFocus maxLength={40} size="large" />
      </Form.Item>
      {problem ? <SignInProblem problem={problem} refused={t('bad_code')} /> : null}
      <Button type="primary" htmlType="submit" loading={busy} block size="large">{t('sign_in')}</Button>
      <Button type="link" block onClick={onBack}>{t('back')}</Button>
    </Form>
  )
}

/** What the server refused, without telling whether name or password was wrong. */
function SignInProblem({ problem, refused }: { problem: Problem; refused: string }) {
  const t = useWords('ui')
  const sentence = problem.status === 401 ? refused : problem.status === 429 ? t('too_many_tries') : problem.kind === 'insecure-connection' ? t('insecure') : undefined
  return <div className="form-problem">{sentence ? <p role="alert" className="refusal">{sentence}</p> : <ErrorCard error={problem} />}</div>
}
