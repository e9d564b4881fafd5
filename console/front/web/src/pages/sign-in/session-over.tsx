import { Button, Modal } from 'antd'
import { signOut, type Operator } from '../../api/session'
import { queries } from '../../app/queries'
import { useWords } from '../../i18n'
import { SignInForm } from './form'

/** The session is over: sign in again above the page, which keeps what was typed. */
export function SessionOver({ operator }: { operator: Operator }) {
  const t = useWords('ui')
  const another = () => {
    queries.clear()
    signOut().catch(() => undefined) // it is over already
  }
  return (
    <Modal open closable={false} footer={null} mask={{ closable: false }} keyboard={false} title={t('session_over')}>
      <p>{t('session_over_note', { name: operator.name })}</p>
      <SignInForm name={operator.name} onDone={() => void queries.invalidateQueries()} />
      <Button type="link" onClick={another}>{t('another_user')}</Button>
    </Modal>
  )
}
