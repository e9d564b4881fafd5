import { Form, Input, Modal, Segmented } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../api/client'
import { credentials } from '../../api/credentials'
import { asProblem } from '../../api/problem'
import { proved, useProofWanted } from '../../api/proof'
import { useWords } from '../../i18n'
import { ErrorCard } from '../../ui/error-card'

/** Asks for the password or a code once more before something dangerous; what was asked for then goes on by itself. */
export function ProofDialog() {
  return useProofWanted() ? <Asking /> : null
}

function Asking() {
  const t = useWords('ui')
  const [by, setBy] = useState<'password' | 'code'>('password')
  const [given, setGiven] = useState('')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const submit = async () => {
    if (given === '' || busy) return
    setBusy(true)
    setFailed(undefined)
    try {
      const { csrf_token } = await ask(api.POST('/api/v1/reauthentication', { body: by === 'password' ? { password: given } : { code: given.trim() } }))
      credentials.keep(csrf_token)
      proved(true)
    } catch (error) {
      setFailed(error)
      setBusy(false)
    }
  }
  const wrong = failed !== undefined && asProblem(failed).status === 422
  return (
    <Modal
      open zIndex={1100} title={t('proof_title')} okText={t('proof_go_on')} cancelText={t('cancel')} confirmLoading={busy} okButtonProps={{ disabled: given === '' }}
      onOk={() => void submit()} onCancel={() => proved(false)} mask={{ closable: false }}
    >
      <p>{t('proof_note')}</p>
      <Form layout="vertical" onFinish={() => void submit()}>
        <Form.Item>
          <Segmented<'password' | 'code'>
            value={by} aria-label={t('proof_title')} onChange={(next) => { setBy(next); setGiven('') }}
            options={[{ value: 'password', label: t('password') }, { value: 'code', label: t('code') }]}
          />
        </Form.Item>
        <Form.Item label={t(by)}>
          {by === 'password'
            ? <Input.Password value={given} onChange={(e) => setGiven(e.target.value)} autoComplete="current-password" autoFocus maxLength={256} aria-label={t('password')} />
            : <Input value={given} onChange={(e) => setGiven(e.target.value)} autoComplete="one-time-code" autoFocus maxLength={32} aria-label={t('code')} />}
        </Form.Item>
      </Form>
      {wrong ? <p role="alert" className="refusal">{by === 'password' ? t('old_password_wrong') : t('bad_code')}</p> : null}
      {failed !== undefined && !wrong ? <ErrorCard error={failed} /> : null}
    </Modal>
  )
}
