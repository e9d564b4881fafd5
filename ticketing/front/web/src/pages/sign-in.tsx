import { useEffect, useMemo, useState } from 'preact/hooks'
import { type Problem, asProblem } from '../api/problem'
import { Submission } from '../api/submission'
import type { SignedIn } from '../api/types'
import { type Key, useWords } from '../i18n/i18n'
import { safeNext, useRouter } from '../router'
import { useShop } from '../shop'
import { Page } from '../ui/page'
import { Button, Choice, Field, Notice } from '../ui/parts'
import { ProblemNotice } from '../ui/refusal'

type Method = 'code' | 'password'
const resendAfter = 60

export function SignIn() {
  const { t } = useWords()
  const { client, session } = useShop()
  const { place, go } = useRouter()
  const next = safeNext(place.query.get('next'))
  const [method, setMethod] = useState<Method>('code')
  const [phone, setPhone] = useState('')
  const [code, setCode] = useState('')
  const [password, setPassword] = useState('')
  const [stay, setStay] = useState(true)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [faults, setFaults] = useState<Partial<Record<'phone' | 'code' | 'password', Key>>>({})

  const submission = useMemo(() => new Submission<SignedIn>(), [])
  const phoneFault = (): Key | undefined => (/^(1[3-9]\d{9}|\+\d{7,15})$/.test(phone.replace(/[\s()-]/g, '')) ? undefined : 'field.phone')

  const submit = async (e: Event) => {
    e.preventDefault()
    if (busy) return
    const found = {
      phone: phoneFault(),
      code: method === 'code' && !/^\d{6}$/.test(code.trim()) ? ('field.code' as const) : undefined,
      password: method === 'password' && password === '' ? ('field.required' as const) : undefined,
    }
    setFaults(found)
    setProblem(undefined)
    if (Object.values(found).some(Boolean)) return
    setBusy(true)
    try {
      const body = method === 'code' ? { phone, code: code.trim() } : { phone, password }
      const signedIn = await submission.submit(body, (key) => client.write<SignedIn>('POST', '/api/v1/sessions', { body, key }))
      session.begin(signedIn, stay)
      go(next, { replace: true })
    } catch (thrown) {
      setProblem(asProblem(thrown))
      setBusy(false)
    }
  }

  return (
    <Page title={t('signin.title')} lead={t('signin.lead')}>
      {place.query.has('next') && <Notice><p>{t('signin.needed')}</p></Notice>}
      <form class="narrow" noValidate onSubmit={(e) => void submit(e)}>
        <Choice label={t('signin.method')} value={method} change={setMethod} options={[['code', 'signin.by_code'], ['password', 'signin.by_password']]} />
        <Field label={t('signin.phone')} error={faults.phone && t(faults.phone)}>
          {(c) => <input {...c} type="tel" autoComplete="tel" inputMode="tel" maxLength={20} value={phone} onInput={(e) => setPhone(e.currentTarget.value)} />}
        </Field>
        {method === 'code' ? (
          <>
            <SendCode
              phone={phone}
              valid={() => {
                const fault = phoneFault()
                setFaults({ phone: fault })
                return !fault
              }}
              failed={setProblem}
            />
            <Field label={t('signin.code')} error={faults.code && t(faults.code)}>
              {(c) => <input {...c} type="text" autoComplete="one-time-code" inputMode="numeric" maxLength={6} value={code} onInput={(e) => setCode(e.currentTarget.value)} />}
            </Field>
          </>
        ) : (
          <Field label={t('signin.password')} error={faults.password && t(faults.password)}>
            {(c) => <input {...c} type="password" autoComplete="current-password" maxLength={256} value={password} onInput={(e) => setPassword(e.currentTarget.value)} />}
          </Field>
        )}
        <label class="check">
          <input type="checkbox" checked={stay} onChange={(e) => setStay(e.currentTarget.checked)} />
          <span>{t('signin.stay')}</span>
        </label>
        {problem && <ProblemNotice problem={problem} />}
        <p class="buttons"><Button look="main" type="submit" busy={busy}>{t('signin.submit')}</Button></p>
      </form>
    </Page>
  )
}

/** Asks for a code, at most once a minute as the server allows. */
function SendCode({ phone, valid, failed }: { phone: string; valid: () => boolean; failed: (problem: Problem | undefined) => void }) {
  const { t } = useWords()
  const { client } = useShop()
  const [wait, setWait] = useState(0)
  const [sent, setSent] = useState(false)
  const [busy, setBusy] = useState(false)
  const submission = useMemo(() => new Submission<unknown>(), [])
  useEffect(() => {
    if (wait <= 0) return
    const timer = setTimeout(() => setWait(wait - 1), 1000)
    return () => clearTimeout(timer)
  }, [wait])
  const send = async () => {
    if (busy || wait > 0 || !valid()) return
    setBusy(true)
    failed(undefined)
    try {
      const body = { phone, purpose: 'sign_in' }
      await submission.submit(body, (key) => client.write('POST', '/api/v1/codes', { body, key }))
      submission.renew()
      setSent(true)
      setWait(resendAfter)
    } catch (thrown) {
      const problem = asProblem(thrown)
      if (problem.retryAfter) setWait(problem.retryAfter)
      failed(problem)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div class="send-code">
      <Button busy={busy} disabled={wait > 0} onClick={() => void send()}>{wait > 0 ? t('signin.again_in', { n: wait }) : t('signin.send_code')}</Button>
      <p class="hint" role="status">{sent ? t('signin.sent') : ''}</p>
    </div>
  )
}
