package explain

import (
	"fmt"

	"fairgate/ingest"
	"fairgate/rules"
)

// Language is one that explanations are written in.
type Language string

// Languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Valid reports whether l is known.
func (l Language) Valid() bool { return l == Chinese || l == English }

// words is a catalogue: every word an explanation needs, in one language.
type words struct {
	event, account, device, order, pool, nobody                      string
	decision, receipt, told, observed, passed, degraded              string
	refused, forwarded, failed, unknown, screening                   string
	inline, async, ruleset, score, noHits, missing                   string
	rule, list, shadow, on, until, thisRequest, condition, fromTable string
	noValue, threshold, inWindow, followed, nothing, by, because     string
}

func catalogue(l Language) words {
	if l == Chinese {
		return words{
			event: "事件", account: "账号", device: "设备", order: "订单", pool: "票池", nobody: "未登录",
			decision: "处置", receipt: "回执", told: "告知访客的原因类别", observed: "仅观察,否则为", passed: "已通过验证", degraded: "降级运行:计数或名单并非全局数据",
			refused: "由 Fairgate 直接答复", forwarded: "已转发,预约系统答复", failed: "已转发,未收到答复", unknown: "结果未知", screening: "筛查用时",
			inline: "同步判定", async: "异步判定", ruleset: "策略版本", score: "风险分", noHits: "无命中", missing: "找不到该策略版本,只能列出命中",
			rule: "命中规则", list: "命中名单", shadow: "影子命中(未起作用)", on: "作用于", until: "有效", thisRequest: "仅本次请求", condition: "条件", fromTable: "事件字段",
			noValue: "无值", threshold: "阈值", inWindow: "窗口", followed: "后续", nothing: "无后续动作", by: "操作者", because: "规则",
		}
	}
	return words{
		event: "Event", account: "account", device: "device", order: "order", pool: "pool", nobody: "not signed in",
		decision: "Disposition", receipt: "receipt", told: "reason class told", observed: "only observed, otherwise", passed: "a challenge was met", degraded: "degraded: counters or lists were not the fleet's own",
		refused: "answered by Fairgate", forwarded: "forwarded, the booking system answered", failed: "forwarded, no answer came", unknown: "outcome unknown", screening: "screening",
		inline: "In-line verdict", async: "Asynchronous verdict", ruleset: "ruleset version", score: "score", noHits: "nothing fired", missing: "the ruleset of this version is not to be found, so hits are without their conditions",
		rule: "Rule", list: "List entry", shadow: "Shadow hit (did nothing)", on: "acts on", until: "for", thisRequest: "this request only", condition: "condition", fromTable: "of the event",
		noValue: "no value", threshold: "threshold", inWindow: "window", followed: "What followed", nothing: "nothing followed", by: "by", because: "rule",
	}
}

// action is an action with its mark, as the console shows it.
func (l Language) action(a ingest.Action) string {
	zh := map[ingest.Action]string{ingest.Allow: "✓ 放行", ingest.Challenge: "◇ 验证", ingest.Flag: "⚑ 标记", ingest.Block: "⊘ 拦截"}
	en := map[ingest.Action]string{ingest.Allow: "✓ allow", ingest.Challenge: "◇ challenge", ingest.Flag: "⚑ flag", ingest.Block: "⊘ block"}
	known := en
	if l == Chinese {
		known = zh
	}
	if text := known[a]; text != "" {
		return text
	}
	return string(a)
}

// entity names whom something is counted for or done to.
func (l Language) entity(e rules.Entity) string {
	zh := map[rules.Entity]string{
		rules.EntityAccount: "账号", rules.EntityDevice: "设备", rules.EntitySession: "会话", rules.EntityIP: "地址", rules.EntitySubnet: "网段",
		rules.EntityASN: "运营商网络", rules.EntityDocument: "证件", rules.EntityPhone: "手机号", rules.EntityPool: "票池", rules.EntityCluster: "关联群组", rules.EntityFamily: "同类设备",
		rules.EntityPhoneBlock: "号段", rules.EntityPayee: "付款方", rules.EntityChannel: "售票渠道",
	}
	if text := zh[e]; l == Chinese && text != "" {
		return text
	}
	return string(e)
}

// did names what enforcement or an operator did.
func (l Language) did(kind string) string {
	zh := map[string]string{
		"block": "列入拒绝名单", "unblock": "移出拒绝名单", "flag": "建立或补充案件", "withdraw": "收回占位", "reinstate": "恢复占位", "none": "已尝试,预约系统拒绝",
	}
	en := map[string]string{
		"block": "put on the deny list", "unblock": "taken off the deny list", "flag": "case opened or extended", "withdraw": "place withdrawn", "reinstate": "place given back", "none": "tried, and refused by the booking system",
	}
	known := en
	if l == Chinese {
		known = zh
	}
	if text := known[kind]; text != "" {
		return text
	}
	return kind
}

// disposition says how far the request got.
func (w words) disposition(d ingest.Disposition) string {
	switch d {
	case ingest.DispositionRefused:
		return w.refused
	case ingest.DispositionForwarded:
		return w.forwarded
	case ingest.DispositionFailed:
		return w.failed
	default:
		return w.unknown
	}
}

// duration is a time that a mark or window lasts.
func (l Language) duration(seconds float64) string {
	units := []struct {
		seconds float64
		zh, en  string
	}{{86400, "天", "d"}, {3600, "小时", "h"}, {60, "分钟", "min"}}
	for _, u := range units {
		if n := seconds / u.seconds; n >= 1 && n == float64(int64(n)) {
			if l == Chinese {
				return fmt.Sprintf("%g %s", n, u.zh)
			}
			return fmt.Sprintf("%g %s", n, u.en)
		}
	}
	if l == Chinese {
		return fmt.Sprintf("%g 秒", seconds)
	}
	return fmt.Sprintf("%g s", seconds)
}
