import { Button, Result } from 'antd'
import { useRouteError } from 'react-router'
import { useWords } from '../i18n'

/** A page failed: a fault of ours, or a new version whose files have other names. */
export function Fallen() {
  const t = useWords('ui')
  const error = useRouteError()
  const outdated = error instanceof TypeError && /dynamically imported module|Importing a module script/i.test(error.message)
  return (
    <Result
      status={outdated ? 'info' : 'error'} title={outdated ? t('outdated') : t('fallen')}
      subTitle={error instanceof Error && !outdated ? <code>{error.message}</code> : null}
      extra={<Button type="primary" onClick={() => location.reload()}>{t('reload')}</Button>}
    />
  )
}
