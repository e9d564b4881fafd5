import { useEffect } from 'react'
import { Outlet, ScrollRestoration, useLocation, useNavigate } from 'react-router'
import { useSession } from '../api/session'
import { MustEnrol } from '../pages/sign-in/must-enrol'
import { PasswordChange } from '../pages/sign-in/password-change'
import { ProofDialog } from '../pages/sign-in/proof-dialog'
import { SignIn } from '../pages/sign-in/sign-in'
import { SessionOver } from '../pages/sign-in/session-over'
import { useWords } from '../i18n'
import { shortcuts, useShortcut } from '../ui/shortcuts'
import { usePhone } from '../ui/use-phone'
import { Header } from './header'
import { BottomBar, SideNavigation } from './navigation'
import type { PageRoute } from './page-route'
import { routes } from './routes'

/** What is around every page; the sign-in where nobody is signed in. */
export function Frame() {
  const session = useSession()
  const t = useWords('ui')
  useEffect(() => {
    document.addEventListener('keydown', shortcuts.press)
    return () => document.removeEventListener('keydown', shortcuts.press)
  }, [])
  switch (session.state) {
    case 'asking':
      return <main aria-busy="true" aria-label={t('loading')} />
    case 'out':
      return <SignIn />
    case 'in':
      return session.operator.mustChange ? <PasswordChange /> : session.operator.mustEnrol ? <MustEnrol /> : <Inside />
    case 'over':
      return (
        <>
          <Inside />
          <SessionOver operator={session.operator} />
        </>
      )
  }
}

function Inside() {
  const t = useWords('ui')
  const phone = usePhone()
  const { pathname } = useLocation()
  useEffect(() => {
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [pathname])
  return (
    <div className={phone ? 'frame frame-phone' : 'frame'}>
      <a className="skip" href="#main">{t('skip')}</a>
      {phone ? null : <SideNavigation />}
      <div className="frame-body">
        <Header />
        <main id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {phone ? <BottomBar /> : null}
      {routes.filter((r) => r.shortcut).map((route) => <GoTo key={route.path} route={route} />)}
      <ProofDialog />
      <ScrollRestoration getKey={(at) => at.pathname} />
    </div>
  )
}

function GoTo({ route }: { route: PageRoute }) {
  const navigate = useNavigate()
  useShortcut(`g ${route.shortcut ?? ''}`, route.title, () => void navigate(route.path))
  return null
}
