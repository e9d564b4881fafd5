package watch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
)

// Traffic is what a Surge needs of the ledger; *live.Reader is one.
type Traffic interface {
	Traffic(ctx context.Context, site string, over live.Stretch) ([]live.Traffic, error)
	Usual(ctx context.Context, site string, now time.Time) ([]live.Usual, error)
}

// SurgeOptions say from when hostile traffic is a surge.
type SurgeOptions struct {
	Now func() time.Time
	// Warning and Urgent are the shares of hostile requests. Default 0.5 and 0.8:
	// at half, people already share what is left with machines; at four fifths
	// they hardly get through.
	Warning, Urgent float64
	// Beyond is how far the share must be above the usual of the hour, for sites
	// that are under fire every day. Default 0.15, or Times the usual number of
	// hostile requests, default 3.
	Beyond, Times float64
	// Requests is how many hostile requests there must be, default 60, and
	// Sources from how many accounts or networks, default 10: one visitor or one
	// school class behind a rule is no attack.
	Requests, Sources uint64
	// Orders is how many hostile submissions of orders there must be where the
	// share is of those alone. Default 20: there are few beside what is only
	// looked at, and they are what an attack is after.
	Orders uint64
}

func (o SurgeOptions) withDefaults() SurgeOptions {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Warning, o.Urgent = orElse(o.Warning, 0.5), orElse(o.Urgent, 0.8)
	o.Beyond, o.Times = orElse(o.Beyond, 0.15), orElse(o.Times, 3)
	o.Requests, o.Sources = orElse(o.Requests, 60), orElse(o.Sources, 10)
	o.Orders = orElse(o.Orders, 20)
	return o
}

// Surge watches the hostile share of each pool's traffic: of all requests, and
// of those that submit an order, because machines that look like everybody else
// until they book are refused only then. It looks at the last minute, and at its
// last ten seconds, in which an attack that begins shows before the minute's
// average does. It is for one goroutine.
type Surge struct {
	traffic Traffic
	site    string
	o       SurgeOptions

	usual   map[string]live.Usual // by pool; the whole site under whole
	usualAt time.Time
}

// NewSurge watches the traffic of a site.
func NewSurge(traffic Traffic, site string, o SurgeOptions) *Surge {
	return &Surge{traffic: traffic, site: site, o: o.withDefaults()}
}

const (
	minute     = time.Minute
	lately     = 10 * time.Second
	usualFresh = 10 * time.Minute
	// usualDays and usualRequests are how much an hour's usual must rest on.
	usualDays     = 3
	usualRequests = 300
	usualOrders   = 50
	// whole stands for the whole site; no pool has such a name.
	whole = "\x00"
)

// surging is one row that surges.
type surging struct {
	live.Traffic
	over  time.Duration
	usual live.Usual
	// orders says that the figures are of submissions of orders.
	orders bool
}

// Look reports the pools that surge as one attack.
func (s *Surge) Look(ctx context.Context) ([]alert.Finding, error) {
	now := s.o.Now()
	if now.Sub(s.usualAt) >= usualFresh {
		if err := s.learn(ctx, now); err != nil {
			return nil, err
		}
	}
	found := map[string]surging{}
	for _, over := range []time.Duration{minute, lately} {
		rows, err := s.traffic.Traffic(ctx, s.site, live.Last(now, over))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			key := poolKey(row.Pool, row.Whole)
			for _, c := range candidates(row, s.usual[key], over) {
				if _, told := found[key]; !told && s.surges(c) {
					found[key] = c
				}
			}
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	return []alert.Finding{s.finding(found)}, nil
}

// candidates are a row's figures of all requests, and of orders alone.
func candidates(row live.Traffic, usual live.Usual, over time.Duration) [2]surging {
	orders, ordersUsual := row, usual
	orders.Requests, orders.Hostile, orders.Accounts, orders.Sources = row.Orders, row.HostileOrders, row.OrderAccounts, row.OrderSources
	ordersUsual.Requests, ordersUsual.Hostile = usual.Orders, usual.HostileOrders
	if usual.Requests < usualRequests {
		usual = live.Usual{}
	}
	if usual.Orders < usualOrders {
		ordersUsual = live.Usual{}
	}
	return [2]surging{{row, over, usual, false}, {orders, over, ordersUsual, true}}
}

func poolKey(pool string, all bool) string {
	if all {
		return whole
	}
	return pool
}

func (s *Surge) learn(ctx context.Context, now time.Time) error {
	rows, err := s.traffic.Usual(ctx, s.site, now)
	if err != nil {
		return err
	}
	usual := make(map[string]live.Usual, len(rows))
	for _, u := range rows {
		if u.Days >= usualDays {
			usual[poolKey(u.Pool, u.Whole)] = u
		}
	}
	s.usual, s.usualAt = usual, now
	return nil
}

func (s *Surge) surges(f surging) bool {
	least := s.o.Requests
	if f.orders {
		least = s.o.Orders
	}
	if f.Hostile < least || f.Sources < s.o.Sources || f.Share() < s.o.Warning {
		return false
	}
	if f.usual.Requests == 0 {
		return true
	}
	inOver := float64(f.usual.Hostile) / float64(f.usual.Days) * f.over.Hours()
	return f.Share() >= usualShare(f.usual)+s.o.Beyond || float64(f.Hostile) >= s.o.Times*inOver
}

func usualShare(u live.Usual) float64 { return float64(u.Hostile) / float64(u.Requests) }

// finding tells of all pools; the one with most hostile requests speaks for
// them, or the whole site where no single pool surges.
func (s *Surge) finding(found map[string]surging) alert.Finding {
	severity := notify.Warning
	var pools []string
	var accounts, blocked, challenged, flagged uint64
	for key, f := range found {
		if f.Share() >= s.o.Urgent {
			severity = notify.Urgent
		}
		if key != whole && key != "" {
			pools = append(pools, clip(key, 200))
		}
		// The whole site's row has all of it; without it, the pools' largest.
		accounts, blocked = max(accounts, f.Accounts), max(blocked, f.Blocked)
		challenged, flagged = max(challenged, f.Challenged), max(flagged, f.Flagged)
	}
	slices.Sort(pools)
	worst := slices.MaxFunc(values(found), func(a, b surging) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Hostile, b.Hostile), strings.Compare(b.Pool, a.Pool))
	})
	return alert.Finding{
		Pattern: alert.HostileSurge, Severity: severity, Pools: pools[:min(len(pools), 50)], Accounts: atMost(accounts),
		What: worst.what(len(pools)), Evidence: worst.evidence(), Done: done(blocked, challenged, flagged), Next: next(blocked+challenged > 0),
		Path: "/overview",
	}
}

// rank puts a pool before requests without one, and those before the whole site.
func (f surging) rank() int {
	switch {
	case f.Whole:
		return 0
	case f.Pool == "":
		return 1
	default:
		return 2
	}
}

// what says where it is, of so many pools.
func (f surging) what(pools int) alert.Text {
	share := percent(f.Share())
	switch {
	case f.rank() < 2:
		return say("全站异常流量 %[1]s%%", "The whole site: %[1]s%% hostile", share)
	case pools > 1:
		return say("票池 %[1]s 等 %[2]d 个票池异常流量 %[3]s%%", "Pool %[1]s and %[4]d more: %[3]s%% hostile", name(f.Pool), pools, share, pools-1)
	default:
		return say("票池 %[1]s 异常流量 %[2]s%%", "Pool %[1]s: %[2]s%% hostile", name(f.Pool), share)
	}
}

func values(m map[string]surging) []surging {
	list := make([]surging, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func (f surging) evidence() alert.Text {
	seconds := int(f.over.Seconds())
	e := say("近 %[1]d 秒 %[2]s 次请求中 %[3]s 次被拦截、标记或未通过验证", "in the last %[1]d s %[3]s of %[2]s requests were blocked, flagged or left a challenge unmet",
		seconds, group(f.Requests), group(f.Hostile))
	if f.orders {
		e = say("近 %[1]d 秒 %[2]s 次预约提交中 %[3]s 次被拦截、标记或未通过验证", "in the last %[1]d s %[3]s of %[2]s bookings were blocked, flagged or left a challenge unmet",
			seconds, group(f.Requests), group(f.Hostile))
	}
	if f.usual.Requests == 0 {
		return join(e, alert.Text{ZH: "此时段平时的数据不足", EN: "too little is known of this hour's usual"})
	}
	return join(e, say("此时段平时为 %[1]s%%", "this hour's usual is %[1]s%%", tenths(usualShare(f.usual))))
}

func done(blocked, challenged, flagged uint64) alert.Text {
	var parts []alert.Text
	for _, p := range []struct {
		n      uint64
		zh, en string
	}{
		{blocked, "拦截 %[1]s 次", "blocked %[1]s"},
		{challenged, "要求验证 %[1]s 次", "challenged %[1]s"},
		{flagged, "标记 %[1]s 次", "flagged %[1]s"},
	} {
		if p.n > 0 {
			parts = append(parts, say(p.zh, p.en, group(p.n)))
		}
	}
	if len(parts) == 0 {
		return alert.Text{ZH: "未处置（观察模式）", EN: "nothing (observe mode)"}
	}
	return join(parts...)
}

func next(acting bool) alert.Text {
	if acting {
		return alert.Text{
			ZH: "查看命中的规则与真人受影响情况；仍在放票时可暂停放票阶段",
			EN: "look at which rules hit and whether people are hurt; while a stage is on sale it can be paused",
		}
	}
	return alert.Text{
		ZH: "这些请求仍被放行：将命中的规则由标记改为验证，或结束观察模式",
		EN: "these requests still pass: have the rules that hit challenge instead of flag, or end observe mode",
	}
}
