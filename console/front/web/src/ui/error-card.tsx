import { Alert, Button } from 'antd'
import { useWords } from '../i18n'
import { asProblem } from '../api/problem'
import { ConflictNotice } from './conflict'
import { Forbidden } from './forbidden'

interface ErrorCardProps {
  error: unknown
  onRetry?: () => void
}

/** What went wrong, in a sentence, with the code, a way to try again and what to quote to support. */
export function ErrorCard({ error, onRetry }: ErrorCardProps) {
  const t = useWords('ui')
  const problem = asProblem(error)
  if (problem.status === 403) return <Forbidden detail={problem.message} />
  if (problem.status === 409) return <ConflictNotice detail={problem.message} {...(onRetry ? { onReload: onRetry } : {})} />
  const sentence =
    problem.status === 0 ? t('error_offline')
    : problem.status === 404 ? t('error_missing')
    : problem.status === 422 || problem.status === 400 ? t('error_input')
    : problem.status === 429 ? t('error_busy')
    : t('error_failed')
  return (
    <Alert
      type="error" showIcon role="alert" title={sentence}
      description={
        <>
          {problem.message && problem.status !== 0 ? <p className="error-detail">{problem.message}</p> : null}
          {problem.faults.length > 0 ? (
            <ul className="error-faults">
              {problem.faults.map((fault) => <li key={fault.location + fault.message}><code>{fault.location}</code> {fault.message}</li>)}
            </ul>
          ) : null}
          <p className="muted">
            {problem.status > 0 ? t('error_code', { code: problem.status }) : null}
            {problem.requestID ? <> · {t('request_id')} <code>{problem.requestID}</code></> : null}
          </p>
        </>
      }
      {...(onRetry ? { action: <Button onClick={onRetry}>{t('retry')}</Button> } : {})}
    />
  )
}
