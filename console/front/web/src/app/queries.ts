import { QueryClient } from '@tanstack/react-query'
import { Problem } from '../api/problem'

/** A refusal is no fault of the network: asking again changes nothing. */
const retry = (failures: number, error: Error): boolean => failures < 2 && !(error instanceof Problem && error.status > 0 && error.status < 500)

/** What the pages know of the server. */
export const queries = new QueryClient({
  defaultOptions: { queries: { retry, staleTime: 5_000, networkMode: 'always' }, mutations: { networkMode: 'always' } },
})
