import { useEffect, useState } from 'react'

/** True once something has taken longer than 200 ms: nothing flickers before that. */
export function useSlow(waiting: boolean, after = 200): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) {
      setSlow(false)
      return
    }
    const timer = setTimeout(() => setSlow(true), after)
    return () => clearTimeout(timer)
  }, [waiting, after])
  return slow && waiting
}
