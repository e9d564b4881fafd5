import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { api, ask } from '../../../api/client'

/** Opens what is due next, or the queue where nothing is. */
export function useNext(): (after: string) => Promise<void> {
  const client = useQueryClient()
  const navigate = useNavigate()
  return async (after) => {
    await client.invalidateQueries({ queryKey: ['table', 'cases'] })
    const { cases } = await ask(api.GET('/api/v1/cases', { params: { query: { limit: 5 } } }))
    const next = (cases ?? []).find((c) => c.id !== after)
    await navigate(next ? `/cases/${encodeURIComponent(next.id)}` : '/cases')
  }
}
