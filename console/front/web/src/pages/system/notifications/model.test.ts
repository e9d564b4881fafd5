import { describe, expect, it } from 'vitest'
import { addressesOf, bodyOf, emptyForm, faultsOf, formOf, newSigningKey, settled } from './model'

const filled = { ...emptyForm, name: ' night watch ', url: 'https://hooks.example.org/x', key: newSigningKey(), reason: 'new team' }

describe('a channel’s form', () => {
  it('sends what its kind has and nothing else', () => {
    expect(bodyOf({ ...filled, to: 'a@example.org' })).toEqual({
      name: 'night watch', kind: 'webhook', language: 'zh', least_severity: 'warning', enabled: true, reason: 'new team', url: filled.url, key: filled.key,
    })
    expect(bodyOf({ ...filled, kind: 'email', to: 'a@example.org\nb@example.org', only: ['alert_fired'] }, 3)).toEqual({
      name: 'night watch', kind: 'email', language: 'zh', least_severity: 'warning', enabled: true, reason: 'new team', only: ['alert_fired'], version: 3, to: ['a@example.org', 'b@example.org'],
    })
  })
  it('keeps where a changed channel leads', () => {
    const channel = { id: 'c1', name: 'n', kind: 'dingtalk', language: 'en', least_severity: 'urgent', only: null, enabled: false, hint: 'https://x/…', version: 4, updated_at: '', updated_by: 'root' }
    const form = formOf(channel)
    expect(form).toMatchObject({ kind: 'dingtalk', language: 'en', least: 'urgent', enabled: false, url: '', key: '' })
    expect(faultsOf(form, true)).toEqual([])
    expect(bodyOf({ ...form, reason: 'louder' }, channel.version)).not.toHaveProperty('url')
  })
  it.each([
    ['a webhook', filled, []],
    ['a webhook without anything', emptyForm, ['bad_url', 'bad_key']],
    ['a user in the address', { ...filled, url: 'https://u:p@hooks.example.org' }, ['bad_url']],
    ['another scheme', { ...filled, url: 'ftp://hooks.example.org' }, ['bad_url']],
    ['a short key', { ...filled, key: 'whsec_c2hvcnQ=' }, ['bad_key']],
    ['a robot without a secret', { ...filled, kind: 'feishu', key: '' }, []],
    ['nobody to write to', { ...filled, kind: 'email', to: '' }, ['bad_to']],
    ['a name beside an address', { ...filled, kind: 'email', to: 'Ann<a@example.org>' }, ['bad_to']],
    ['phone numbers', { ...filled, kind: 'sms', to: '13800138000、+8613900139000' }, []],
    ['no phone number', { ...filled, kind: 'sms', to: 'ann' }, ['bad_to']],
  ] as const)('%s', (_, form, want) => {
    expect(faultsOf({ ...form, only: [] }, false)).toEqual(want)
  })
  it('wants the address again where only the key is given anew', () => {
    expect(faultsOf({ ...filled, url: '' }, true)).toEqual(['url_and_key'])
  })
})

describe('the rest', () => {
  it('reads addresses however they are separated', () => {
    expect(addressesOf(' a@x.org, b@x.org;c@x.org\n\nd@x.org、e@x.org ')).toEqual(['a@x.org', 'b@x.org', 'c@x.org', 'd@x.org', 'e@x.org'])
  })
  it('makes keys of 32 bytes, each another', () => {
    expect(newSigningKey((into) => into.fill(1))).toBe('whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=')
    expect(newSigningKey()).not.toBe(newSigningKey())
  })
  it('knows when nothing more happens by itself', () => {
    expect(['queued', 'sending', 'sent', 'unknown', 'failed'].filter(settled)).toEqual(['sent', 'unknown', 'failed'])
  })
})
