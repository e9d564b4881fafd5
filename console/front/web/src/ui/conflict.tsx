import { Alert, Button, Space } from 'antd'
import type { ReactNode } from 'react'
import { useWords } from '../i18n'
import { Time, type Moment } from './time'

interface ConflictNoticeProps {
  /** Whose change came first, and when, where it is known. */
  who?: string
  when?: Moment
  /** What they decided, in words. */
  decision?: ReactNode
  detail?: string
  onReload?: () => void
  onCompare?: () => void
}

/** Somebody else was first (409): who, when, what; nothing ran twice. */
export function ConflictNotice({ who, when, decision, detail, onReload, onCompare }: ConflictNoticeProps) {
  const t = useWords('ui')
  return (
    <Alert
      type="warning" showIcon role="alert" title={t('conflict_title')}
      description={
        <>
          {who || decision ? <p>{who} {when ? <Time value={when} /> : null} {decision}</p> : null}
          {detail ? <p>{detail}</p> : null}
          <p className="muted">{t('conflict_kept')}</p>
        </>
      }
      action={
        <Space>
          {onCompare ? <Button onClick={onCompare}>{t('compare')}</Button> : null}
          {onReload ? <Button onClick={onReload}>{t('reload')}</Button> : null}
        </Space>
      }
    />
  )
}
