import { LanguageSwitch } from '../../app/header'
import { useWords } from '../../i18n'
import { PageHeader } from '../../ui/page-header'
import { SignInForm } from './form'

/** The way in. The address stays, so that a link leads where it was to after signing in. */
export function SignIn() {
  const t = useWords('ui')
  return (
    <div className="gate">
      <main className="gate-card">
        <p className="brand">Fairgate</p>
        <PageHeader title={t('sign_in_title')} />
        <SignInForm />
        <p className="muted gate-note">{t('sign_in_note')}</p>
      </main>
      <LanguageSwitch />
    </div>
  )
}
