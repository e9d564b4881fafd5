package scoring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// banded is a ruleset of weak signals: one event scores 30 in line, its second
// 60, and the asynchronous stage adds 30 where there are documents.
func banded(change func(*rules.Ruleset)) func(*rules.Ruleset) {
	return func(rs *rules.Ruleset) {
		signal := func(id, when string, score float64, stage rules.Stage) rules.Rule {
			return rules.Rule{ID: id, When: when, Stage: stage, On: rules.EntityAccount, Action: rules.ActionScore, Score: score}
		}
		rs.Rules = []rules.Rule{
			signal("first", "account_orders > 0", 30, rules.StageInline),
			signal("second", "account_orders > 1", 30, rules.StageInline),
			signal("papers", "account_documents > 0", 30, rules.StageAsync),
		}
		rs.Bands = []rules.Band{
			{
				ID: "sure", From: 60, On: rules.EntityAccount, Action: ingest.Block, TTL: time.Hour, Reason: ingest.ReasonReview,
				Repeat: rules.Repeat{Within: 720 * time.Hour, TTL: []time.Duration{24 * time.Hour}},
			},
			{ID: "doubtful", From: 30, On: rules.EntityDevice, Action: ingest.Challenge},
			{ID: "later", Stage: rules.StageAsync, From: 90, On: rules.EntityAccount, Action: ingest.Block, TTL: time.Hour},
		}
		if change != nil {
			change(rs)
		}
	}
}

func bandedEngine(t testing.TB, change func(*rules.Ruleset)) *scoring.Engine {
	t.Helper()
	e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	e.Swap(program(t, banded(change)))
	return e
}

func TestBandsActOnTheSumOfTheScores(t *testing.T) {
	e := bandedEngine(t, nil)
	r := screen(t, e, event(0, "a"))
	assert.Equal(t, []string{"first", "doubtful"}, ids(r.Hits))
	assert.Equal(t, ingest.Hit{Rule: "first", Action: ingest.Allow, Entity: "account", Key: "a", Score: 30}, r.Hits[0])
	assert.Equal(t, ingest.Hit{Rule: "doubtful", Action: ingest.Challenge, Entity: "device", Key: "device", From: 30}, r.Hits[1])

	ev := event(1, "a")
	ev.Subject.Documents = []string{"x"}
	r = screen(t, e, ev)
	assert.Equal(t, []string{"first", "second", "doubtful", "sure"}, ids(r.Hits), "every band that is reached, the lowest first")
	assert.InDelta(t, 60, r.Score, 0, "bands have no score of their own")
	sure := r.Hits[3]
	assert.Equal(t, ingest.Hit{
		Rule: "sure", Action: ingest.Block, Entity: "account", Key: "a", TTL: 3600, Reason: ingest.ReasonReview, From: 60,
		Repeat: &ingest.Repeat{Within: 2592000, TTL: []int64{86400}},
	}, sure)

	v, err := e.Async(t.Context(), wire(t, ev))
	require.NoError(t, err)
	assert.Equal(t, []string{"papers", "later"}, ids(v.Hits), "60 in line and 30 here; the in-line bands have spoken")
	assert.InDelta(t, 60, v.InlineScore, 0)
	assert.InDelta(t, 30, v.Score, 0)
	assert.Equal(t, ingest.Block, v.Action)

	for i := range ev.Decision.Hits {
		ev.Decision.Hits[i].Shadow = ev.Decision.Hits[i].Rule == "second" // excepted by the edge
	}
	v, err = e.Async(t.Context(), wire(t, ev))
	require.NoError(t, err)
	assert.Equal(t, []string{"papers"}, ids(v.Hits), "what the edge did not let count does not count here")
}

func TestBandsWithShadowRulesStayInShadow(t *testing.T) {
	e := bandedEngine(t, func(rs *rules.Ruleset) { rs.Rules[1].Mode = rules.ModeShadow })
	screen(t, e, event(0, "a"))
	ev := event(1, "a")
	ev.Subject.Documents = []string{"x"}
	assert.Equal(t, []string{"first", "doubtful"}, ids(screen(t, e, ev).Hits))
	v := e.InlineVerdict(wire(t, ev))
	assert.Equal(t, []string{"first", "doubtful", "second", "sure"}, ids(v.Hits))
	for i, shadow := range []bool{false, false, true, true} {
		assert.Equal(t, shadow, v.Hits[i].Shadow, v.Hits[i].Rule)
	}
	assert.Equal(t, ingest.Challenge, v.Action)
}

func TestShadowBandsNeverAct(t *testing.T) {
	e := bandedEngine(t, func(rs *rules.Ruleset) {
		rs.Bands[0].Mode = rules.ModeShadow
		rs.Bands[1].Mode, rs.Bands[1].Share = rules.ModeCanary, 0
		rs.Bands[2].Mode = rules.ModeDraft
	})
	screen(t, e, event(0, "a"))
	ev := event(1, "a")
	ev.Subject.Documents = []string{"x"}
	assert.Equal(t, []string{"first", "second"}, ids(screen(t, e, ev).Hits))
	shadow := e.Shadow(wire(t, ev))
	assert.Equal(t, []string{"doubtful", "sure"}, ids(shadow))
	for _, h := range shadow {
		assert.True(t, h.Shadow)
	}
	v, err := e.Async(t.Context(), wire(t, ev))
	require.NoError(t, err)
	assert.Equal(t, []string{"papers"}, ids(v.Hits))
}

func TestCanaryBandsGrowByAccount(t *testing.T) {
	acting := func(share float64) map[string]bool {
		e := bandedEngine(t, func(rs *rules.Ruleset) { rs.Bands[1].Mode, rs.Bands[1].Share = rules.ModeCanary, share })
		out := map[string]bool{}
		for i := range 400 {
			ev := event(i, fmt.Sprint("account ", i))
			hits := screen(t, e, ev).Hits
			shadow := e.Shadow(ev)
			require.Len(t, append(hits, shadow...), 2, "in exactly one of the two")
			if len(hits) == 2 {
				out[ev.Subject.Account] = true
			}
		}
		return out
	}
	few, many := acting(0.2), acting(0.6)
	assert.InDelta(t, 80, len(few), 30)
	assert.InDelta(t, 240, len(many), 40)
	for account := range few {
		assert.True(t, many[account], "a growing share only adds")
	}
}

// BenchmarkInlineBands is BenchmarkInline with every rule a weak signal and
// three bands, the lowest of which is reached.
func BenchmarkInlineBands(b *testing.B) {
	for _, bands := range []int{0, 3} {
		b.Run(fmt.Sprintf("100_rules_%d_bands", bands), func(b *testing.B) {
			e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
			e.Swap(program(b, func(rs *rules.Ruleset) {
				rs.Rules = nil
				for i := range 100 {
					rs.Rules = append(rs.Rules, rules.Rule{
						ID: fmt.Sprint("r", i), On: rules.EntityAccount, Action: rules.ActionScore, Score: 20,
						When: fmt.Sprintf("device_accounts > 0 and document_orders > 0 and positions < 9 and account_orders > %d", 50+i),
					})
				}
				for i := range bands {
					rs.Bands = append(rs.Bands, rules.Band{ID: fmt.Sprint("b", i), From: float64(i + 20), On: rules.EntityAccount, Action: ingest.Flag})
				}
			}))
			evs := make([]*ingest.Event, 4096)
			for i := range evs {
				evs[i] = event(i, fmt.Sprint("account ", i%500))
				evs[i].Subject.Documents = []string{fmt.Sprint("document ", i%900)}
			}
			var r scoring.Result
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := e.Inline(b.Context(), evs[i%len(evs)], "", &r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
