import { Select } from 'antd'
import { roles, type Role } from '../../../app/roles'
import { useWords } from '../../../i18n'

interface RoleSelectProps {
  id?: string
  value?: Role
  onChange?: (role: Role) => void
}

/** Chooses one of the roles; works as a field of a form. */
export function RoleSelect({ id, value, onChange }: RoleSelectProps) {
  const t = useWords('ui')
  const word = useWords('system')
  return (
    <Select<Role>
      {...(id === undefined ? {} : { id })} {...(value === undefined ? {} : { value })} {...(onChange ? { onChange } : {})}
      aria-label={word('role')} placeholder={word('role')} options={roles.map((role) => ({ value: role, label: t(`role_${role}`) }))}
    />
  )
}
