package watch_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
)

func TestSurge(t *testing.T) {
	quietDays := []live.Usual{{Whole: true, Days: 7, Requests: 70_000, Hostile: 2_100}, {Pool: "main", Days: 7, Requests: 50_000, Hostile: 1_500}}
	siege := []live.Usual{{Whole: true, Days: 7, Requests: 7_000_000, Hostile: 6_000_000}, {Pool: "main", Days: 7, Requests: 7_000_000, Hostile: 6_000_000}}
	row := func(requests, hostile, sources uint64) live.Traffic {
		return live.Traffic{Pool: "main", Requests: requests, Hostile: hostile, Blocked: hostile, Accounts: sources, Sources: sources}
	}
	orders := func(requests, hostile, orders, hostileOrders, sources uint64) live.Traffic {
		t := row(requests, hostile, sources)
		t.Orders, t.HostileOrders, t.OrderAccounts, t.OrderSources = orders, hostileOrders, sources, sources
		return t
	}
	cases := map[string]struct {
		ledger   traffic
		severity notify.Severity // empty: nothing
	}{
		"a surge":                       {traffic{minute: []live.Traffic{row(1000, 600, 80)}, usual: quietDays}, notify.Warning},
		"hardly anybody else":           {traffic{minute: []live.Traffic{row(1000, 820, 80)}, usual: quietDays}, notify.Urgent},
		"one that just began":           {traffic{minute: []live.Traffic{row(6000, 300, 80)}, lately: []live.Traffic{row(500, 300, 80)}, usual: quietDays}, notify.Warning},
		"machines that only book":       {traffic{minute: []live.Traffic{orders(3000, 90, 100, 80, 60)}, usual: quietDays}, notify.Urgent},
		"a family's four refusals":      {traffic{minute: []live.Traffic{orders(300, 4, 5, 4, 4)}, usual: quietDays}, ""},
		"one machine that only books":   {traffic{minute: []live.Traffic{orders(3000, 90, 100, 80, 2)}, usual: quietDays}, ""},
		"people who book in the rush":   {traffic{minute: []live.Traffic{orders(9000, 700, 2000, 160, 150)}, usual: quietDays}, ""},
		"on a first day":                {traffic{minute: []live.Traffic{row(1000, 600, 80)}}, notify.Warning},
		"more than a siege":             {traffic{minute: []live.Traffic{row(60_000, 52_000, 80)}, usual: siege}, notify.Urgent},
		"a siege as every day":          {traffic{minute: []live.Traffic{row(16_000, 13_700, 80)}, usual: siege}, ""},
		"a quiet night":                 {traffic{minute: []live.Traffic{row(8, 7, 3)}, usual: quietDays}, ""},
		"nobody at all":                 {traffic{usual: quietDays}, ""},
		"one visitor with a script":     {traffic{minute: []live.Traffic{row(5000, 4900, 1)}, usual: quietDays}, ""},
		"a class behind a rule":         {traffic{minute: []live.Traffic{row(70, 50, 30)}, usual: quietDays}, ""},
		"the opening second of a sale":  {traffic{minute: []live.Traffic{row(9000, 700, 600)}, lately: []live.Traffic{row(7000, 600, 550)}, usual: quietDays}, ""},
		"a usual that is too few":       {traffic{minute: []live.Traffic{row(1000, 600, 80)}, usual: []live.Usual{{Pool: "main", Days: 1, Requests: 90_000, Hostile: 80_000}}}, notify.Warning},
		"less than half":                {traffic{minute: []live.Traffic{row(1000, 490, 80)}, usual: quietDays}, ""},
		"only flagged, as in observing": {traffic{minute: []live.Traffic{{Pool: "main", Requests: 200, Hostile: 150, Accounts: 20, Sources: 20}}}, notify.Warning},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := look(t, watch.NewSurge(c.ledger, site, watch.SurgeOptions{Now: at(opening)}))
			if c.severity == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Equal(t, alert.HostileSurge, found[0].Pattern)
			assert.Equal(t, c.severity, found[0].Severity)
			assert.Equal(t, []string{"main"}, found[0].Pools)
			assert.Positive(t, found[0].Accounts)
		})
	}
}

func TestWhatASurgeSays(t *testing.T) {
	rows := []live.Traffic{
		{Whole: true, Requests: 3000, Hostile: 2500, Blocked: 2000, Challenged: 400, Flagged: 100, Accounts: 90, Sources: 95},
		{Pool: "main", Requests: 1234, Hostile: 1012, Blocked: 900, Challenged: 112, Accounts: 60, Sources: 60},
		{Pool: "east", Requests: 1000, Hostile: 700, Blocked: 700, Accounts: 50, Sources: 50},
		{Pool: "quiet", Requests: 500, Hostile: 5, Accounts: 2, Sources: 2},
	}
	usual := []live.Usual{{Pool: "main", Days: 7, Requests: 10_000, Hostile: 310}}
	found := look(t, watch.NewSurge(traffic{minute: rows, usual: usual}, site, watch.SurgeOptions{Now: at(opening)}))
	require.Len(t, found, 1, "all of it is one attack")
	f := found[0]
	assert.Equal(t, alert.Text{ZH: "票池 main 等 2 个票池异常流量 82%", EN: "Pool main and 1 more: 82% hostile"}, f.What)
	assert.Equal(t, "近 60 秒 1,234 次请求中 1,012 次被拦截、标记或未通过验证，此时段平时为 3.1%", f.Evidence.ZH)
	assert.Equal(t, "拦截 2,000 次，要求验证 400 次，标记 100 次", f.Done.ZH)
	assert.Equal(t, "blocked 2,000, challenged 400, flagged 100", f.Done.EN)
	assert.Equal(t, []string{"east", "main"}, f.Pools)
	assert.Equal(t, 90, f.Accounts)

	f = look(t, watch.NewSurge(traffic{minute: rows[:1]}, site, watch.SurgeOptions{Now: at(opening)}))[0]
	assert.Equal(t, alert.Text{ZH: "全站异常流量 83%", EN: "The whole site: 83% hostile"}, f.What)
	assert.Contains(t, f.Evidence.EN, "too little is known")

	long := live.Traffic{Pool: strings.Repeat("票池", 200), Requests: 1000, Hostile: 999, Blocked: 999, Accounts: 60, Sources: 60}
	f = look(t, watch.NewSurge(traffic{minute: []live.Traffic{long}}, site, watch.SurgeOptions{Now: at(opening)}))[0]
	assert.Contains(t, f.What.ZH, "99%", "never all of it while one passed")
}

func TestSurgeWithoutALedger(t *testing.T) {
	away := errors.New("away")
	_, err := watch.NewSurge(traffic{err: away}, site, watch.SurgeOptions{}).Look(t.Context())
	require.ErrorIs(t, err, away)
	_, err = watch.NewDegraded(traffic{err: away}, site, watch.DegradedOptions{}).Look(t.Context())
	require.ErrorIs(t, err, away)
}

func TestDegraded(t *testing.T) {
	for name, c := range map[string]struct {
		row  live.Traffic
		want int
	}{
		"one gateway of four":      {live.Traffic{Whole: true, Requests: 1000, Degraded: 250}, 1},
		"a gateway that restarted": {live.Traffic{Whole: true, Requests: 40, Degraded: 10}, 0},
		"a few in a rush":          {live.Traffic{Whole: true, Requests: 10_000, Degraded: 60}, 0},
		"of a pool only":           {live.Traffic{Pool: "main", Requests: 1000, Degraded: 900}, 0},
		"a quiet night":            {live.Traffic{Whole: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			found := look(t, watch.NewDegraded(traffic{minute: []live.Traffic{c.row}}, site, watch.DegradedOptions{Now: at(opening)}))
			require.Len(t, found, c.want)
			for _, f := range found {
				assert.Equal(t, alert.EngineDegraded, f.Pattern)
				assert.Contains(t, f.What.ZH, "25%")
			}
		})
	}
}
