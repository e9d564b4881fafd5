import { Alert } from 'antd'
import { useWords } from '../i18n'
import { timeText } from './time'

/** The live figures stopped coming: since when they stand still. */
export function LiveNotice({ broken, at }: { broken: boolean; at: number | undefined }) {
  const t = useWords('ui')
  if (!broken) return null
  return <Alert type="warning" showIcon banner role="status" title={at === undefined ? t('live_none') : t('live_broken', { at: timeText(at) })} />
}
