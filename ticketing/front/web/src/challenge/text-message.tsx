import { useEffect, useRef, useState } from 'preact/hooks'
import { type Problem, asProblem, wordsFor } from '../api/problem'
import { useWords } from '../i18n/i18n'
import { Button, Field, Notice } from '../ui/parts'
import type { Duty } from './solve'

/** Seconds until the booking system sends another code. */
const resendAfter = 60

interface TextMessageProps {
  duty: Duty
  done: (pass: string) => void
  /** No code can be sent to this visitor. */
  unavailable: () => void
  close: () => void
}

/** Meets a challenge with a code sent to the account's phone: nothing to see, to hear or to point at. */
export function TextMessage({ duty, done, unavailable, close }: TextMessageProps) {
  const { t } = useWords()
  const [to, setTo] = useState('')
  const [code, setCode] = useState('')
  const [wait, setWait] = useState(0)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [fault, setFault] = useState(false)
  const stop = useRef(new AbortController())
  useEffect(() => () => stop.current.abort(), [])
  useEffect(() => {
    if (wait <= 0) return
    const timer = setTimeout(() => setWait(wait - 1), 1000)
    return () => clearTimeout(timer)
  }, [wait])

  const attempt = async (work: () => Promise<void>) => {
    if (busy) return
    setBusy(true)
    setProblem(undefined)
    try {
      await work()
    } catch (thrown) {
      if (stop.current.signal.aborted) return
      const failed = asProblem(thrown)
      if (failed.code === 'sms_unavailable') return unavailable()
      if (failed.retryAfter && failed.code === 'code_limit') setWait(failed.retryAfter)
      setProblem(failed)
    }
    setBusy(false)
  }
  const send = () =>
    attempt(async () => {
      setTo(await duty.sendCode(stop.current.signal))
      setWait(resendAfter)
    })
  const enter = () => {
    const typed = code.trim()
    setFault(!/^\d{6}$/.test(typed))
    if (/^\d{6}$/.test(typed)) void attempt(async () => done(await duty.enterCode(typed, stop.current.signal)))
  }
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault()
        enter()
      }}
    >
      <p>{t('challenge.sms_text')}</p>
      {problem && <Notice tone="bad" urgent><p>{t(wordsFor(problem))}</p></Notice>}
      <div class="send-code">
        <Button busy={busy && !to} disabled={wait > 0} onClick={() => void send()}>{wait > 0 ? t('signin.again_in', { n: wait }) : t('signin.send_code')}</Button>
        <p class="hint" role="status">{to ? t('challenge.sms_sent', { to }) : ''}</p>
      </div>
      <Field label={t('signin.code')} error={fault ? t('field.code') : undefined}>
        {(c) => <input {...c} type="text" autoComplete="one-time-code" inputMode="numeric" maxLength={6} value={code} onInput={(e) => setCode(e.currentTarget.value)} />}
      </Field>
      <p class="buttons">
        <Button look="main" type="submit" busy={busy && to !== ''}>{t('challenge.sms_enter')}</Button>
        <Button onClick={close}>{t('app.cancel')}</Button>
      </p>
    </form>
  )
}
