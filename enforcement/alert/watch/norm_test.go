package watch_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/ledger/live"
)

type ruleFigures live.RuleBlocks

func (f ruleFigures) RuleBlocks(context.Context, string, time.Time) (live.RuleBlocks, error) {
	return live.RuleBlocks(f), nil
}

// day is a day of buckets, each as of says, and then the present one.
func day(of func(i int) uint64, now uint64) []uint64 {
	list := make([]uint64, live.Day+1)
	for i := range live.Day {
		list[i] = of(i)
	}
	list[live.Day] = now
	return list
}

func steady(n uint64) func(int) uint64 { return func(int) uint64 { return n } }

// daytime is n by day and a tenth of it by night.
func daytime(n uint64) func(int) uint64 {
	return func(i int) uint64 {
		if i >= 48 && i < 144 {
			return n
		}
		return n / 10
	}
}

// bursts is n in one bucket of twelve.
func bursts(n uint64) func(int) uint64 {
	return func(i int) uint64 {
		if i%12 == 0 {
			return n
		}
		return 0
	}
}

func TestNorm(t *testing.T) {
	cases := map[string]struct {
		seen, blocked []uint64
		fresh         bool
		want          string // empty: nothing
	}{
		"ten times as many":                        {day(steady(2000), 2000), day(steady(20), 200), false, "远高于平时"},
		"a rule that hardly ever does":             {day(steady(2000), 2000), day(func(int) uint64 { return 0 }, 60), false, "远高于平时"},
		"one that stopped":                         {day(steady(2000), 2000), day(steady(20), 0), false, "已停止拦截"},
		"as usual":                                 {day(steady(2000), 2000), day(steady(20), 29), false, ""},
		"its first day":                            {day(steady(2000), 2000), day(func(int) uint64 { return 0 }, 500), true, ""},
		"its first day, and stopped":               {day(steady(2000), 2000), day(steady(20), 0), true, ""},
		"a quiet night":                            {day(daytime(2000), 30), day(daytime(20), 0), false, ""},
		"nobody at night":                          {day(daytime(2000), 0), day(daytime(20), 0), false, ""},
		"an opening with ten times as many people": {day(steady(2000), 20_000), day(steady(20), 230), false, ""},
		"one that always comes in bursts":          {day(steady(2000), 2000), day(bursts(300), 300), false, ""},
		"bursts, and now a pause":                  {day(steady(2000), 2000), day(bursts(300), 0), false, ""},
		"twenty accounts are few":                  {day(steady(2000), 2000), day(func(int) uint64 { return 0 }, 20), false, ""},
		"a site's first minutes":                   {day(func(int) uint64 { return 0 }, 100), day(func(int) uint64 { return 0 }, 50), true, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			figures := ruleFigures{Seen: c.seen, Rules: []live.Blocks{{Rule: "rotation", Counts: c.blocked, Known: !c.fresh}}}
			found := look(t, watch.NewNorm(figures, site, watch.NormOptions{Now: at(opening)}))
			if c.want == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Equal(t, alert.RuleOffNorm, found[0].Pattern)
			assert.Equal(t, "rotation", found[0].Group)
			assert.Contains(t, found[0].What.ZH, c.want)
			assert.Equal(t, "/rules/rotation", found[0].Path)
		})
	}
}

// TestChanceAloneIsNotOffNorm lets ten rules block by chance for as many
// looks as a week has hours.
func TestChanceAloneIsNotOffNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	binomial := func(n, percent int) (k uint64) {
		for range n {
			if r.IntN(100) < percent {
				k++
			}
		}
		return k
	}
	alarms := 0
	for range 168 {
		figures := ruleFigures{Seen: day(steady(400), 400)}
		for range 10 {
			counts := day(func(int) uint64 { return binomial(400, 5) }, binomial(400, 5))
			figures.Rules = append(figures.Rules, live.Blocks{Rule: "r", Counts: counts, Known: true})
		}
		alarms += len(look(t, watch.NewNorm(figures, site, watch.NormOptions{Now: at(opening)})))
	}
	assert.Zero(t, alarms)
}

func TestFiguresThatDoNotFit(t *testing.T) {
	_, err := watch.NewNorm(ruleFigures{Seen: make([]uint64, 3), Rules: []live.Blocks{{Rule: "r", Counts: make([]uint64, 2)}}}, site, watch.NormOptions{}).Look(t.Context())
	require.ErrorContains(t, err, `"r" has 2 buckets of 3`)
}
