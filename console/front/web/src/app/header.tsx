import { LogoutOutlined, QuestionCircleOutlined, SettingOutlined, UserOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { signOut, useOperator } from '../api/session'
import { chooseAndSpeak, useLanguage, useWords } from '../i18n'
import { useShortcut } from '../ui/shortcuts'
import { headerParts } from './header-parts'
import { queries } from './queries'
import { who } from './roles'
import { Search } from './search'
import { ShortcutHelp } from './shortcut-help'

/** Who may search. */
const searchers = 'asdbu'

/** The bar above every page. */
export function Header() {
  const { role } = useOperator()
  const [help, setHelp] = useState(false)
  useShortcut('?', 'ui:key_help', () => setHelp(true))
  const t = useWords('ui')
  return (
    <header className="top">
      <div className="top-parts">
        {who(searchers).includes(role) ? <Search /> : null}
        {headerParts.map(({ name, Part }) => <Part key={name} />)}
      </div>
      <div className="top-own">
        <LanguageSwitch />
        <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t('keys_title')} onClick={() => setHelp(true)} />
        <UserMenu />
      </div>
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </header>
  )
}

/** Names the language that it changes to, in that language. */
export function LanguageSwitch() {
  const language = useLanguage()
  const other = language === 'zh' ? 'en' : 'zh'
  return (
    <Button type="text" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => void chooseAndSpeak(other)}>
      {other === 'zh' ? '中文' : 'EN'}
    </Button>
  )
}

function UserMenu() {
  const t = useWords('ui')
  const operator = useOperator()
  const leave = async () => {
    try {
      await signOut()
    } catch {
      // The session is forgotten here either way, and runs out there.
    } finally {
      queries.clear()
    }
  }
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'who', label: `${operator.name} · ${t(`role_${operator.role}`)}`, disabled: true },
          { key: 'me', label: <Link to="/me">{t('my_account')}</Link>, icon: <SettingOutlined /> },
          { key: 'out', label: t('sign_out'), icon: <LogoutOutlined />, onClick: () => void leave() },
        ],
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('user_menu', { name: operator.name })}>
        <span className="top-name">{operator.name}</span>
      </Button>
    </Dropdown>
  )
}
