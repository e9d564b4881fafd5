import { useEffect, useState } from 'preact/hooks'
import { Problem, wordsFor } from '../api/problem'
import { useWords } from '../i18n/i18n'
import { Button, Notice } from './parts'

/**
 * What went wrong, in words. A refusal of the gateway's says its own, which are
 * the same whatever the reason, and comes with a receipt.
 */
export function ProblemNotice({ problem, retry }: { problem: Problem; retry?: (() => void) | undefined }) {
  const { t } = useWords()
  const receipt = problem.body.receipt
  if (problem.code === 'abandoned') return <Notice tone="warn" urgent title={t('challenge.failed')}>{retry && <p><Button onClick={retry}>{t('app.retry')}</Button></p>}</Notice>
  if (receipt && problem.code !== 'challenge_required') {
    return (
      <Notice tone="warn" urgent title={t('refusal.title')}>
        <p>{problem.body.detail}</p>
        <Receipt receipt={receipt} appeal={problem.body.appeal_url} />
      </Notice>
    )
  }
  const text =
    problem.code === 'code_limit' && problem.retryAfter ? t('error.code_limit_wait', { n: problem.retryAfter }) : t(wordsFor(problem))
  return (
    <Notice tone="bad" urgent>
      <p>{text}</p>
      {retry && <p><Button onClick={retry}>{t('app.retry')}</Button></p>}
    </Notice>
  )
}

/** A receipt to keep, and the way to appeal where the house has opened one. */
export function Receipt({ receipt, appeal }: { receipt: string; appeal?: string | undefined }) {
  const { t } = useWords()
  const [copied, setCopied] = useState(false)
  const [open, setOpen] = useState(false)
  const address = appeal && /^\/[^/\\]/.test(appeal) ? `${appeal}?receipt=${encodeURIComponent(receipt)}` : undefined
  useEffect(() => {
    if (!address) return
    fetch(address, { method: 'HEAD', credentials: 'same-origin' }).then(
      (answer) => setOpen(answer.ok),
      () => setOpen(false),
    )
  }, [address])
  const copy = () => {
    void navigator.clipboard?.writeText(receipt).then(() => setCopied(true))
  }
  return (
    <>
      <p class="receipt">
        <span>{t('refusal.receipt')}</span> <code>{receipt}</code>
      </p>
      <p class="buttons">
        <Button onClick={copy}>{copied ? t('refusal.copied') : t('refusal.copy')}</Button>
        {open && <a class="button plain" href={address}>{t('refusal.appeal')}</a>}
      </p>
      {!open && <p class="quiet">{t('refusal.keep')}</p>}
    </>
  )
}
