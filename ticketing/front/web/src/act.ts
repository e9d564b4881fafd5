import { useMemo, useState } from 'preact/hooks'
import { type Problem, asProblem } from './api/problem'
import { Submission } from './api/submission'
import type { Order } from './api/types'
import { useShop } from './shop'

/** One write on an order: pressed twice, sent once; failed, told. */
export function useAct(order: Order, done: () => void, message: string) {
  const { client, say } = useShop()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const submission = useMemo(() => new Submission<Order>(), [order.order_id])
  const act = async (action: string, body?: unknown): Promise<Problem | undefined> => {
    if (busy) return undefined
    setBusy(true)
    setProblem(undefined)
    try {
      await submission.submit([action, body], (key) => client.write('POST', `/api/v1/orders/${order.order_id}/${action}`, { ...(body === undefined ? {} : { body }), key, signedIn: true }))
      say(message)
      done()
      return undefined
    } catch (thrown) {
      const failed = asProblem(thrown)
      setProblem(failed)
      return failed
    } finally {
      setBusy(false)
    }
  }
  return { act, busy, problem }
}
