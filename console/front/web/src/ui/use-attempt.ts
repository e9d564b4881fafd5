import { useState } from 'react'

/** Something done on a press: whether it is under way, and what it threw the last time, if it threw. */
export function useAttempt() {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setFailed(undefined)
    try {
      await work()
    } catch (error) {
      setFailed(error)
    } finally {
      setBusy(false)
    }
  }
  return { busy, failed, attempt }
}
