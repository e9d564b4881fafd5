import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../api/client'
import { asProblem } from '../../api/problem'
import { useWords } from '../../i18n'
import { ErrorCard } from '../../ui/error-card'
import { QRCode } from '../../ui/qr-code'
import { useAttempt } from '../../ui/use-attempt'

/** Makes a second factor: the secret for the app, its first code, then the recovery codes, shown this once. */
export function Enrol({ onDone }: { onDone: () => void }) {
  const t = useWords('ui')
  const [made, setMade] = useState<Schema<'Enrolment'>>()
  const [recovery, setRecovery] = useState<readonly string[]>()
  const { busy, failed, attempt } = useAttempt()
  const begin = () => attempt(async () => setMade(await ask(api.POST('/api/v1/me/totp'))))
  const confirm = ({ code }: { code: string }) => attempt(async () => {
    const { recovery_codes } = await ask(api.POST('/api/v1/me/totp/confirmation', { body: { code: code.replaceAll(/\s/g, '') } }))
    setRecovery(recovery_codes ?? [])
  })
  const problem = failed === undefined ? null : asProblem(failed).faults.some((f) => f.location === 'body.code')
    ? <p role="alert" className="refusal">{t('bad_code')}</p>
    : <ErrorCard error={failed} />
  if (recovery) {
    return (
      <div className="stack">
        <p>{t('recovery_note')}</p>
        <pre className="recovery" tabIndex={0}>{recovery.join('\n')}</pre>
        <Button type="primary" block onClick={onDone}>{t('recovery_kept')}</Button>
      </div>
    )
  }
  if (!made) {
    return (
      <div className="stack">
        <p>{t('enrol_note')}</p>
        {problem}
        <Button type="primary" block loading={busy} onClick={() => void begin()}>{t('enrol_begin')}</Button>
      </div>
    )
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(given: { code: string }) => void confirm(given)}>
      <p>{t('enrol_scan')}</p>
      <QRCode text={made.url} label={t('enrol_qr')} />
      <p className="muted">{t('enrol_type')} <code>{made.secret}</code></p>
      <Form.Item name="code" label={t('code')} rules={[{ required: true, message: t('required') }]}>
        <Input autoComplete="one-time-code" inputMode="numeric" autoFocus maxLength={12} size="large" />
      </Form.Item>
      {problem ? <div className="form-problem">{problem}</div> : null}
      <Button type="primary" htmlType="submit" loading={busy} block size="large">{t('enrol_confirm')}</Button>
    </Form>
  )
}
