import type { UseQueryResult } from '@tanstack/react-query'
import { Skeleton } from 'antd'
import type { ReactNode } from 'react'
import { ErrorCard } from './error-card'
import { useSlow } from './use-slow'

interface LoadedProps<T> {
  query: UseQueryResult<T>
  children: (data: T) => ReactNode
}

/** Shows a query's data; a skeleton after 200 ms, an error with a way to retry. A refresh that fails keeps the figures. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const slow = useSlow(query.isPending)
  if (query.data !== undefined) {
    return (
      <>
        {query.isError ? <ErrorCard error={query.error} onRetry={() => void query.refetch()} /> : null}
        {children(query.data)}
      </>
    )
  }
  if (query.isError) return <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
  return slow ? <Skeleton active /> : null
}
