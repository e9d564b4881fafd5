import { useEffect, useMemo, useReducer, useState } from 'preact/hooks'
import { Client } from './api/client'
import { ChallengeDialog, Challenges } from './challenge/dialog'
import { Collector } from './collector'
import { type Language, Words, WordsContext, firstLanguage, keepLanguage, useWords } from './i18n/i18n'
import { Account } from './pages/account'
import { Appeal } from './pages/appeal'
import { Book } from './pages/book'
import { Home } from './pages/home'
import { Order } from './pages/order'
import { Orders } from './pages/orders'
import { Pool } from './pages/pool'
import { SignIn } from './pages/sign-in'
import { Link, type Route, RouterContext, useHistory } from './router'
import type { Session } from './session'
import { type Shop, ShopContext, useOnline, useSignedIn } from './shop'
import { Consent } from './ui/consent'
import { Page } from './ui/page'
import { Notice } from './ui/parts'

const forget = 6000

export function App({ session, device }: { session: Session; device: Storage }) {
  const [language, setLanguage] = useState<Language>(firstLanguage)
  const words = useMemo(() => new Words(language), [language])
  const router = useHistory()
  const [said, setSaid] = useState('')
  const [, again] = useReducer((n: number) => n + 1, 0)
  const challenges = useMemo(() => new Challenges(), [])
  const collector = useMemo(() => new Collector(device), [device])
  const shop = useMemo<Shop>(() => {
    challenges.changed = () => again(undefined)
    collector.changed = () => again(undefined)
    return {
      session,
      client: new Client({ session, language: () => document.documentElement.lang, meetChallenge: challenges.meet, collector: collector.announced, sign: collector.sign }),
      collector,
      orders: new Map(),
      pools: new Map(),
      drafts: new Map(),
      say: setSaid,
    }
  }, [session, challenges, collector])
  // Before anything is read in it.
  document.documentElement.lang = words.locale
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), forget)
    return () => clearTimeout(timer)
  }, [said])
  const speak = (chosen: Language) => {
    keepLanguage(chosen)
    setLanguage(chosen)
  }
  const waiting = challenges.first
  return (
    <WordsContext.Provider value={words}>
      <RouterContext.Provider value={router}>
        <ShopContext.Provider value={shop}>
          <Header toggle={() => speak(language === 'zh' ? 'en' : 'zh')} />
          <Offline />
          <Consent />
          <View route={router.place.route} setLanguage={speak} />
          <p class={said ? 'toast' : 'hidden'} role="status">{said}</p>
          {waiting && <ChallengeDialog key={waiting.problem.body.receipt} waiting={waiting} />}
        </ShopContext.Provider>
      </RouterContext.Provider>
    </WordsContext.Provider>
  )
}

function View({ route, setLanguage }: { route: Route; setLanguage: (language: Language) => void }) {
  switch (route.page) {
    case 'home':
      return <Home />
    case 'pool':
      return <Pool key={route.pool} id={route.pool} />
    case 'book':
      return <Book key={route.pool} id={route.pool} />
    case 'sign-in':
      return <SignIn />
    case 'orders':
      return <Orders />
    case 'order':
      return <Order key={route.order} id={route.order} />
    case 'appeal':
      return <Appeal />
    case 'account':
      return <Account setLanguage={setLanguage} />
    case 'not-found':
      return <NotFound />
  }
}

function Header({ toggle }: { toggle: () => void }) {
  const { t, language } = useWords()
  const signedIn = useSignedIn()
  const path = location.pathname
  const current = (prefix: string) => (prefix === '/' ? path === '/' || path.startsWith('/pools') : path.startsWith(prefix)) ? 'page' : undefined
  return (
    <header>
      <a class="skip" href="#main">{t('app.skip')}</a>
      <nav aria-label={t('nav.main')}>
        <Link to="/" aria-current={current('/')}>{t('nav.home')}</Link>
        <Link to="/orders" aria-current={current('/orders')}>{t('nav.orders')}</Link>
        <Link to={signedIn ? '/account' : '/sign-in'} aria-current={current(signedIn ? '/account' : '/sign-in')}>{t(signedIn ? 'nav.account' : 'nav.sign_in')}</Link>
      </nav>
      <button type="button" class="language" lang={language === 'zh' ? 'en' : 'zh-CN'} onClick={toggle}>{t('app.language')}</button>
    </header>
  )
}

function Offline() {
  const { t } = useWords()
  return useOnline() ? null : <div class="banner" role="status"><Notice tone="warn"><p>{t('app.offline')}</p></Notice></div>
}

function NotFound() {
  const { t } = useWords()
  return (
    <Page title={t('notfound.title')}>
      <p>{t('notfound.text')}</p>
      <p><Link class="button main" to="/">{t('notfound.home')}</Link></p>
    </Page>
  )
}
