import { AlertOutlined, AuditOutlined, BarChartOutlined, CalendarOutlined, ControlOutlined, DashboardOutlined, MenuOutlined, SettingOutlined } from '@ant-design/icons'
import { Drawer } from 'antd'
import { useState, type ReactNode } from 'react'
import { NavLink } from 'react-router'
import { useOperator } from '../api/session'
import { useAnyWord, useWords } from '../i18n'
import { navGroups, type NavGroup, type PageRoute } from './page-route'
import { routes } from './routes'

const icons: Record<NavGroup, ReactNode> = {
  overview: <DashboardOutlined />, alerts: <AlertOutlined />, review: <AuditOutlined />, strategy: <ControlOutlined />,
  quality: <BarChartOutlined />, ticketing: <CalendarOutlined />, system: <SettingOutlined />,
}

interface Group {
  name: NavGroup
  pages: PageRoute[]
}

/** The pages that the operator's role may read, by group; empty groups are left out. */
function useGroups(): Group[] {
  const { role } = useOperator()
  return navGroups
    .map((name) => ({ name, pages: routes.filter((r) => r.nav === name && r.roles.includes(role)) }))
    .filter((group) => group.pages.length > 0)
}

/** Whether the link is also for addresses below it that are not listed themselves. */
const exact = (page: PageRoute): boolean => routes.some((r) => r.nav && r.path !== page.path && r.path.startsWith(`${page.path}/`))

function Entries({ onOpen }: { onOpen?: () => void }) {
  const groups = useGroups()
  const t = useAnyWord()
  const link = (page: PageRoute, icon?: ReactNode) => (
    <NavLink to={page.path} end={exact(page)} {...(onOpen ? { onClick: onOpen } : {})}>
      {icon} {t(page.title)}
    </NavLink>
  )
  return (
    <ul className="nav-groups">
      {groups.map(({ name, pages: [first, ...rest] }) => (
        <li key={name}>
          {first && rest.length === 0 ? link(first, icons[name]) : (
            <>
              <h2>{icons[name]} {t(`${name}:group`)}</h2>
              <ul>{[...(first ? [first] : []), ...rest].map((page) => <li key={page.path}>{link(page)}</li>)}</ul>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

export function SideNavigation() {
  const t = useWords('ui')
  return (
    <nav className="side" aria-label={t('navigation')}>
      <p className="brand">Fairgate</p>
      <Entries />
    </nav>
  )
}

/** The three pages that matter on the way, and everything else behind one button. */
export function BottomBar() {
  const t = useWords('ui')
  const word = useAnyWord()
  const [more, setMore] = useState(false)
  const groups = useGroups().filter((g) => g.name === 'overview' || g.name === 'alerts' || g.name === 'review')
  return (
    <nav className="bottom" aria-label={t('navigation')}>
      {groups.map(({ name, pages: [page] }) => page ? (
        <NavLink key={name} to={page.path}>
          {icons[name]}
          <span>{word(page.title)}</span>
        </NavLink>
      ) : null)}
      <button type="button" aria-expanded={more} onClick={() => setMore(true)}>
        <MenuOutlined />
        <span>{t('more')}</span>
      </button>
      <Drawer open={more} onClose={() => setMore(false)} placement="bottom" size="80%" title={t('navigation')}>
        <Entries onOpen={() => setMore(false)} />
      </Drawer>
    </nav>
  )
}
