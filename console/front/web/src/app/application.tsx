import { IconProvider } from '@ant-design/icons'
import { QueryClientProvider } from '@tanstack/react-query'
import { App as AntdApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import { useEffect, useMemo } from 'react'
import { RouterProvider } from 'react-router'
import { useLanguage } from '../i18n'
import { queries } from './queries'
import { router } from './router'
import { giveStylesTheNonce } from './style-nonce'
import { theme } from './theme'

/** The nonce of this page, which style sheets made at run time must carry. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
giveStylesTheNonce(nonce)

/** Everything that pages stand in: words, colours, queries, addresses. */
export function Application() {
  const language = useLanguage()
  useEffect(() => {
    dayjs.locale(language === 'zh' ? 'zh-cn' : 'en')
  }, [language])
  const csp = useMemo(() => ({ nonce }), [])
  return (
    <ConfigProvider csp={csp} locale={language === 'zh' ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }}>
      <IconProvider value={{ csp }}>
        <QueryClientProvider client={queries}>
          <AntdApp>
            <RouterProvider router={router} />
          </AntdApp>
        </QueryClientProvider>
      </IconProvider>
    </ConfigProvider>
  )
}
