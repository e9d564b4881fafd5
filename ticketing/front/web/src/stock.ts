import { useEffect, useRef, useState } from 'preact/hooks'
import { type Problem, asProblem } from './api/problem'
import type { Pool, Stock } from './api/types'
import { now } from './clock'
import { poll } from './poll'
import { useShop } from './shop'

export interface LiveStock {
  pool: Pool | undefined
  stock: Stock | undefined
  /** When the stock was last read, by the server's clock. */
  readAt: number
  /** Why the first reading failed. */
  problem: Problem | undefined
  /** Why the readings after it fail, while they do. */
  stale: Problem | undefined
  /** How often the stock was seen to change. */
  changes: number
  reload: () => void
}

const path = (pool: string) => `/api/v1/pools/${encodeURIComponent(pool)}`

/** A pool and its stock, read again now and then while the page is looked at. */
export function useLiveStock(id: string): LiveStock {
  const { client, pools } = useShop()
  const [pool, setPool] = useState(pools.get(id))
  const [stock, setStock] = useState<Stock>()
  const [readAt, setReadAt] = useState(0)
  const [problem, setProblem] = useState<Problem>()
  const [stale, setStale] = useState<Problem>()
  const [changes, setChanges] = useState(0)
  const [turn, setTurn] = useState(0)
  const version = useRef(0)

  useEffect(() => {
    const stop = new AbortController()
    let etag: string | undefined
    let end = () => {}
    const read = async (quiet: boolean) => {
      const found = await client.getIfChanged<Stock>(`${path(id)}/stock`, etag, { quiet, signal: stop.signal })
      if (stop.signal.aborted) return
      setReadAt(now())
      setStale(undefined)
      if (!found) return
      etag = found.etag
      // Another process may answer from an older reading; what was newer stays.
      if (found.value.version < version.current) return
      if (version.current && found.value.version > version.current) setChanges((n) => n + 1)
      version.current = found.value.version
      setStock(found.value)
    }
    const open = async () => {
      setProblem(undefined)
      const fresh = await client.get<Pool>(path(id), { signal: stop.signal })
      pools.set(id, fresh)
      setPool(fresh)
      await read(false)
      if (stop.signal.aborted) return
      end = poll(() =>
        read(true).catch((thrown: unknown) => {
          if (!stop.signal.aborted) setStale(asProblem(thrown))
        }),
      )
    }
    open().catch((thrown: unknown) => {
      if (!stop.signal.aborted) setProblem(asProblem(thrown))
    })
    return () => {
      stop.abort()
      end()
    }
  }, [client, id, pools, turn])
  return { pool, stock, readAt, problem, stale, changes, reload: () => setTurn(turn + 1) }
}
