import { Result } from 'antd'
import { useOperator } from '../api/session'
import type { Role } from '../app/roles'
import { useWords } from '../i18n'

interface ForbiddenProps {
  /** The roles that may; left out where only the server knows. */
  roles?: readonly Role[]
  /** The server's own sentence. */
  detail?: string
}

/** Tells who may, instead of a page that the operator may not see. */
export function Forbidden({ roles, detail }: ForbiddenProps) {
  const t = useWords('ui')
  const { role } = useOperator()
  const may = roles?.map((r) => t(`role_${r}`)).join(t('list_comma'))
  return (
    <Result
      status="warning" title={t('forbidden_title', { role: t(`role_${role}`) })}
      subTitle={may ? t('forbidden_roles', { roles: may }) : detail ?? t('forbidden_ask')}
    />
  )
}
