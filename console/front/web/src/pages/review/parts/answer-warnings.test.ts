import { describe, expect, it } from 'vitest'
import { leaks } from './answer-warnings'

const kinds = (text: string) => leaks(text, ['stock_pace', 'S7-device-farm'], ['looks_per_minute']).map((l) => l.kind)

describe('an answer to a visitor', () => {
  it.each([
    ['您触发了规则 stock_pace', ['rule']],
    ['Our rule "Stock pace" fired', ['rule']],
    ['because of S7-device-farm.', ['rule']],
    ['looks_per_minute 偏高', ['feature']],
    ['同一设备登录了多个账号', ['feature']],
    ['Your device fingerprint matched', ['feature']],
    ['每分钟查询超过 30 次', ['threshold']],
    ['more than 14 accounts per device', ['threshold']],
    ['您的风险分为 82', ['score']],
  ])('%s', (text, want) => expect(kinds(text)).toEqual(want))

  it.each([
    '经人工复核,限制已解除,现可预约。给您带来不便,深表歉意。',
    '经人工复核,限制保留至 2026-12-01。如需帮助,请致电 010-12345678。',
    'A person reviewed this; the limit stays until 1 December 2026. For help call 010 1234 5678.',
    'We answer within 24 hours.',
    'stock_paces',
  ])('may say: %s', (text) => expect(kinds(text)).toEqual([]))
})
