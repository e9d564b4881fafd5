package rules

import (
	"fmt"
	"strings"
	"time"

	"fairgate/ingest"
)

// chinese are the words of a declaration in the operators' first language; what
// is not among them stays as it is declared.
func chinese() map[string]string {
	return map[string]string{
		"account": "账号", "device": "设备", "session": "会话", "ip": "地址", "subnet": "网段", "asn": "网络", "document": "证件", "phone": "手机号",
		"pool": "票池", "cluster": "关联群组", "family": "设备族", "phone_block": "号段", "payee": "付款方", "channel": "渠道",
		"day": "日期", "claimed": "自报证件", "order": "订单", "imprint": "渲染指纹", "agent": "浏览器标识",
		"positions": "名额", "documents": "证件", "latency_ms": "耗时(毫秒)",
		"account.review": "账号复核", "order.mismatched": "核验不符", "order.no_show_lifted": "撤回未到",
		"account.register": "注册", "account.change": "修改账号", "code.request": "请求验证码", "session.create": "登录", "session.delete": "退出",
		"page.read": "浏览页面", "detail.read": "查看场次", "stock.read": "查余票", "beacon": "页面信标", "order.read": "查看订单",
		"order.submit": "下单", "order.confirm": "确认订单", "order.pay": "支付", "order.cancel": "取消订单", "order.change": "改签",
		"order.transfer": "转让", "request.refused": "被拒收的请求", "challenge.failed": "验证失败", "order.granted": "出票",
		"hold.expired": "占位过期", "order.transferred": "已转让", "order.refunded": "已退款", "order.checked_in": "已核验", "order.no_show": "未到",
	}
}

func word(name string) string {
	if said, ok := chinese()[name]; ok {
		return said
	}
	return name
}

// Chinese says in Chinese what the feature counts, from its declaration: whose,
// how far back, which events, folded how. Its Description is the author's.
func (f *Feature) Chinese() string {
	whose, what := "此"+word(string(f.Entity)), f.eventsInChinese()
	within := whose + " " + spanInChinese(f.Window) + "内"
	of := word(string(f.Of))
	switch f.Aggregate {
	case AggCount:
		return within + what + "的次数"
	case AggSum:
		return within + what + "的" + of + "合计"
	case AggDistinct:
		return within + what + "涉及的不同" + of + "数"
	case AggRegularity:
		return within + what + "间隔的变异系数(越小越均匀)"
	case AggSinceFirst:
		return "距" + within + "首次" + what + "的秒数"
	case AggSinceLast:
		return "距" + within + "上次" + what + "的秒数"
	case AggSinceOther:
		return "距" + within + "上次做其他事(" + what + "以外)的秒数"
	case AggAge:
		return whose + "首次出现至今的秒数"
	case AggRatio:
		return fmt.Sprintf("%s ÷ %s", f.Of, f.Over)
	case AggShare:
		return within + what + "中与本次" + of + "相同的比例"
	case AggChange:
		return within + what + "的次数,与 " + spanInChinese(f.Before) + "前同样时长之比"
	default:
		return ""
	}
}

// maxKindsNamed is how many kinds of events are named one by one.
const maxKindsNamed = 4

func (f *Feature) eventsInChinese() string {
	what := "各类请求"
	if len(f.Events) > 0 {
		what = listInChinese(f.Events)
	}
	if f.Where != "" {
		what += "(限 " + strings.Join(strings.Fields(f.Where), " ") + ")"
	}
	return what
}

func listInChinese(kinds []ingest.Kind) string {
	var words []string
	for i, k := range kinds {
		if i == maxKindsNamed {
			return fmt.Sprintf("%s等 %d 类请求", strings.Join(words, "、"), len(kinds))
		}
		words = append(words, word(string(k)))
	}
	return strings.Join(words, "、")
}

// spanInChinese is a window in its largest whole unit.
func spanInChinese(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "天"}, {time.Hour, "小时"}, {time.Minute, "分钟"}} {
		if d >= unit.size && d%unit.size == 0 {
			return fmt.Sprintf("%d %s", d/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%g 秒", d.Seconds())
}
