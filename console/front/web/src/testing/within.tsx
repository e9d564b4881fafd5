import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import { App, ConfigProvider } from 'antd'
import type { ReactNode } from 'react'
import { MemoryRouter, useLocation } from 'react-router'

function Place() {
  const { pathname, search } = useLocation()
  return <output data-testid="place">{pathname + search}</output>
}

/** The address that is shown now. */
export const place = (): string | null => screen.getByTestId('place').textContent

/** Shows an element as pages are shown: with queries, an address and dialogs. */
export function within(element: ReactNode, at = '/') {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return render(
    <QueryClientProvider client={client}>
      <ConfigProvider button={{ autoInsertSpace: false }} theme={{ token: { motion: false } }}>
        <MemoryRouter initialEntries={[at]}><App>{element}<Place /></App></MemoryRouter>
      </ConfigProvider>
    </QueryClientProvider>,
  )
}
