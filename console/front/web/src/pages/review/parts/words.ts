/** What moments of a timeline are called; names as the API has them, dots for the words' underscores. */
const kinds = [
  'account_register', 'account_change', 'code_request', 'session_create', 'session_delete', 'page_read', 'detail_read', 'stock_read', 'beacon',
  'order_read', 'order_submit', 'order_confirm', 'order_pay', 'order_cancel', 'order_change', 'order_transfer', 'request_refused',
  'order_held', 'order_provisional', 'order_confirmed', 'hold_expired', 'order_paid', 'order_cancelled', 'order_changed', 'order_transferred',
  'order_withdrawn', 'order_reinstated', 'order_refunded', 'order_checked_in', 'order_no_show',
  'order_no_show_lifted', 'order_mismatched', 'challenge_failed',
  'block', 'unblock', 'flag', 'withdraw', 'reinstate', 'none',
] as const
export type KindWord = (typeof kinds)[number]

/** The word for a kind, undefined for a site's own kinds. */
export function kindWord(kind: string): KindWord | undefined {
  const word = kind.replaceAll('.', '_')
  return kinds.find((k) => k === word)
}

const orderStates = ['pending', 'withdrawn', 'past_cutoff', 'gone', 'reinstating', 'reinstated', 'lost'] as const
export const orderState = (state: string): (typeof orderStates)[number] | undefined => orderStates.find((s) => s === state)

const sources = ['review', 'appeal', 'sample', 'challenge', 'outcome', 'report'] as const
export const labelSource = (source: string): (typeof sources)[number] | undefined => sources.find((s) => s === source)

const hints = ['mismatch', 'no_show', 'passed', 'failed', 'abandoned', 'evidence'] as const
export type HintWord = (typeof hints)[number]

/** What a label that was made of hints came to: its "name=value" words, the zeros left out; undefined for what people wrote. */
export function hintsOf(reason: string): { name: HintWord; value: string }[] | undefined {
  const found = reason.split(' ').map((word) => {
    const [name, value] = word.split('=')
    const known = hints.find((h) => h === name)
    return known && value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? { name: known, value } : undefined
  })
  const words = found.filter((f) => f !== undefined)
  return words.length === found.length ? words.filter((w) => w.name === 'evidence' || w.value !== '0') : undefined
}
