import type { Schema } from '../../../api/client'

export type Channel = Schema<'Channel'>
export type Delivery = Schema<'Delivery'>

export const channelKinds = ['webhook', 'email', 'wecom', 'dingtalk', 'feishu', 'sms'] as const
export type ChannelKind = (typeof channelKinds)[number]
export const isChannelKind = (name: string): name is ChannelKind => (channelKinds as readonly string[]).includes(name)

export const messageKinds = ['alert_fired', 'alert_escalated', 'alert_closed', 'silence_ending', 'rule_turned_down', 'test'] as const
export type MessageKind = (typeof messageKinds)[number]
export const isMessageKind = (name: string): name is MessageKind => (messageKinds as readonly string[]).includes(name)

export const deliveryStates = ['queued', 'sending', 'sent', 'unknown', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]
export const isDeliveryState = (name: string): name is DeliveryState => (deliveryStates as readonly string[]).includes(name)
/** Nothing more happens by itself. */
export const settled = (state: string): boolean => state === 'sent' || state === 'unknown' || state === 'failed'

export const languages = ['zh', 'en'] as const
export const severities = ['notice', 'warning', 'urgent'] as const

/** What a kind of channel needs to know where it leads. */
export interface Wants {
  url: boolean
  /** Of what signs: needed, possible, or not there. */
  key: 'needed' | 'maybe' | 'none'
  to: 'email' | 'phone' | 'none'
}

export function wantsOf(kind: ChannelKind): Wants {
  switch (kind) {
    case 'webhook':
      return { url: true, key: 'needed', to: 'none' }
    case 'wecom':
      return { url: true, key: 'none', to: 'none' }
    case 'dingtalk':
    case 'feishu':
      return { url: true, key: 'maybe', to: 'none' }
    case 'email':
      return { url: false, key: 'none', to: 'email' }
    case 'sms':
      return { url: false, key: 'none', to: 'phone' }
  }
}

export interface ChannelForm {
  name: string
  kind: ChannelKind
  language: 'zh' | 'en'
  least: (typeof severities)[number]
  only: MessageKind[]
  enabled: boolean
  url: string
  key: string
  /** One a line, or separated by commas. */
  to: string
  reason: string
}

export const emptyForm: ChannelForm = { name: '', kind: 'webhook', language: 'zh', least: 'warning', only: [], enabled: true, url: '', key: '', to: '', reason: '' }

/** What a form begins with when a channel is changed; where it leads is not shown again, and stays unless it is given anew. */
export function formOf(channel: Channel): ChannelForm {
  return {
    ...emptyForm, name: channel.name, kind: isChannelKind(channel.kind) ? channel.kind : 'webhook', language: channel.language === 'en' ? 'en' : 'zh',
    least: severities.find((s) => s === channel.least_severity) ?? 'warning', only: (channel.only ?? []).filter(isMessageKind), enabled: channel.enabled,
  }
}

export const addressesOf = (text: string): string[] => text.split(/[\s,;,;、]+/).filter(Boolean)

/** The request's body: only what the kind of channel has, and what was given. */
export function bodyOf(form: ChannelForm, version?: number): Schema<'ChannelBody'> {
  const wants = wantsOf(form.kind)
  const to = wants.to === 'none' ? [] : addressesOf(form.to)
  return {
    name: form.name.trim(), kind: form.kind, language: form.language, least_severity: form.least, enabled: form.enabled, reason: form.reason.trim(),
    ...(form.only.length > 0 ? { only: form.only } : {}), ...(version === undefined ? {} : { version }),
    ...(wants.url && form.url.trim() ? { url: form.url.trim() } : {}), ...(wants.key !== 'none' && form.key.trim() ? { key: form.key.trim() } : {}),
    ...(to.length > 0 ? { to } : {}),
  }
}

export type Fault = 'bad_url' | 'bad_key' | 'bad_to' | 'url_and_key'

/** What is wrong with where the channel leads, as far as can be told before asking the server. */
export function faultsOf(form: ChannelForm, changing: boolean): Fault[] {
  const wants = wantsOf(form.kind)
  const [url, key, to] = [form.url.trim(), form.key.trim(), addressesOf(form.to)]
  const faults: Fault[] = []
  const kept = changing && !url && !key && to.length === 0
  if (kept) return faults
  if (wants.url && !/^https?:\/\/[^\s@]+$/.test(url)) faults.push(changing && !url && key ? 'url_and_key' : 'bad_url')
  if (wants.key === 'needed' && !/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(key)) faults.push('bad_key')
  if (wants.to === 'email' && (to.length === 0 || to.length > 50 || to.some((t) => !/^[^\s@<>]+@[^\s@<>]+$/.test(t)))) faults.push('bad_to')
  if (wants.to === 'phone' && (to.length === 0 || to.length > 50 || to.some((t) => !/^\+?\d{6,15}$/.test(t)))) faults.push('bad_to')
  return faults
}

/** A key that signs a webhook's messages, as Standard Webhooks writes it: 32 random bytes. */
export function newSigningKey(random: (into: Uint8Array<ArrayBuffer>) => Uint8Array = (into) => crypto.getRandomValues(into)): string {
  return `whsec_${btoa(String.fromCharCode(...random(new Uint8Array(32))))}`
}
