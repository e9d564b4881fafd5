import { useEffect, useState } from 'react'

/** The time now, anew every so many milliseconds. */
export function useNow(every: number): number {
  const [now, set] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}
