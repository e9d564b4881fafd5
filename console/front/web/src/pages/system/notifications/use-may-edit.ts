import { useOperator } from '../../../api/session'

/** Whether the operator may set up channels and words; others of the page's roles read. */
export function useMayEdit(): boolean {
  const { role } = useOperator()
  return role === 'security' || role === 'administrator'
}
