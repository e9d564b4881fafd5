/** What an answer must not tell a visitor, who may be a scalper: how they were found out. */
export type Leak = { kind: 'rule' | 'feature' | 'threshold' | 'score'; text: string }

const escape = (s: string): string => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const named = (text: string, name: string): boolean =>
  name.length >= 3 && new RegExp(`(^|[^\\p{L}\\p{N}_-])${escape(name).replace(/[_-]/g, '[ _-]')}($|[^\\p{L}\\p{N}_-])`, 'iu').test(text)

const scoreWords = /风险分|分值|评分|risk score|score of/iu
// A number with a comparison or a rate beside it is a threshold; a date or a telephone number is not.
const threshold = /(超过|不超过|大于|小于|多于|少于|阈值|上限为|more than|fewer than|less than|at least|at most|threshold|limit of|[<>≤≥]=?)\s*\d+(\.\d+)?|\d+(\.\d+)?\s*(次|个账号|个订单|times|requests|accounts|orders)\s*(\/|每|per|in|within)/iu
const features = /设备指纹|指纹|请求间隔|请求频率|代理\s*IP|机房\s*IP|数据中心|鼠标轨迹|同一设备|fingerprint|user.?agent|request rate|data ?cent(er|re)|same device|IP address/iu

/** Finds what an answer tells of rules, features and thresholds. */
export function leaks(text: string, rules: readonly string[], featureNames: readonly string[]): Leak[] {
  const out: Leak[] = []
  for (const rule of rules) if (named(text, rule)) out.push({ kind: 'rule', text: rule })
  for (const name of featureNames) if (named(text, name)) out.push({ kind: 'feature', text: name })
  const feature = features.exec(text)
  if (feature) out.push({ kind: 'feature', text: feature[0] })
  const number = threshold.exec(text)
  if (number) out.push({ kind: 'threshold', text: number[0].trim() })
  const score = scoreWords.exec(text)
  if (score) out.push({ kind: 'score', text: score[0] })
  return out
}
