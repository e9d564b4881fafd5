package enforcement_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
	"fairgate/rules"
)

func weak(rule string, score float64) ingest.Hit {
	h := hit(rule, ingest.Allow, "account", "a")
	h.Score = score
	return h
}

func bandHit(rule string, from float64, action ingest.Action) ingest.Hit {
	h := hit(rule, action, "account", "a")
	h.From = from
	return h
}

// acting lists the rules of the hits that may act.
func acting(hits []ingest.Hit) []string {
	out := []string{}
	for _, h := range hits {
		if !h.Shadow {
			out = append(out, h.Rule)
		}
	}
	return out
}

func TestTheHighestBandThatStandsActs(t *testing.T) {
	// 30 + 40 + 20 reach both bands.
	hits := func() []ingest.Hit {
		return []ingest.Hit{
			weak("w1", 30), weak("w2", 40), weak("w3", 20),
			bandHit("doubtful", 50, ingest.Challenge), bandHit("sure", 80, ingest.Block),
		}
	}
	exceptions := func(rules ...string) enforcement.Mark {
		var m enforcement.Mark
		for _, r := range rules {
			m.Entries = append(m.Entries, except(r))
		}
		return m
	}
	tests := []struct {
		name   string
		except []string
		want   ingest.Action
		acting []string
	}{
		{"all signals", nil, ingest.Block, []string{"w1", "w2", "w3", "sure"}},
		{"the band itself is excepted", []string{"sure"}, ingest.Challenge, []string{"w1", "w2", "w3", "doubtful"}},
		{"a signal is excepted, the lower band still stands", []string{"w3"}, ingest.Challenge, []string{"w1", "w2", "doubtful"}},
		{"two signals are excepted", []string{"w2", "w3"}, ingest.Allow, []string{"w1"}},
		{"both bands are", []string{"sure", "doubtful"}, ingest.Allow, []string{"w1", "w2", "w3"}},
		{"another rule is", []string{"other"}, ingest.Block, []string{"w1", "w2", "w3", "sure"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &engine{}
			g.result.Hits = hits()
			g.result.Marks = append(g.result.Marks, mark(t, "account", "a", exceptions(tt.except...)))
			d := enforcement.NewScreener(g, nil, enforcement.ScreenerOptions{}).Screen(t.Context(), event(), ingest.Policy{})
			assert.Equal(t, tt.want, d.Action)
			assert.Equal(t, tt.acting, acting(d.Hits))
			assert.Len(t, d.Hits, 5, "all are recorded")
		})
	}
}

func TestWeakSignalsAloneDoNothing(t *testing.T) {
	g := &engine{}
	g.result.Hits = []ingest.Hit{weak("w1", 30), weak("w2", 90)}
	d := enforcement.NewScreener(g, nil, enforcement.ScreenerOptions{}).Screen(t.Context(), event(), ingest.Policy{})
	assert.Equal(t, ingest.Allow, d.Action)
	eachHouse(t, func(t *testing.T, h *house) {
		h.deliver(verdict("e1", "a", weak("w1", 30), weak("w2", 90)))
		assert.Empty(t, h.actions())
		assert.Empty(t, h.topic.buried)
	})
}

func TestAsynchronousBandsKnowExceptions(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		sure := bandHit("sure", 80, ingest.Block)
		sure.TTL = 3600
		hits := func() []ingest.Hit {
			return []ingest.Hit{weak("w1", 30), weak("w2", 30), bandHit("doubtful", 50, ingest.Flag), sure}
		}
		first := verdict("e1", "a", hits()...)
		first.InlineScore = 30 // 90 together
		_, err := h.lists.Except(t.Context(), lists.Exception{
			Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: "a"}, Rule: "w2",
			Reason: "a guide", Actor: "li", Expires: h.now.Add(time.Hour),
		})
		require.NoError(t, err)
		h.deliver(first)
		assert.False(t, h.denied("a"), "60 of the 90 stay: only the lower band stands")
		assert.Equal(t, map[enforcement.ActionKind]int{enforcement.ActionFlag: 1}, h.actions())

		lifted, _, err := h.lists.List(t.Context(), lists.Filter{Rule: "w2"}, "", 1)
		require.NoError(t, err)
		_, err = h.lists.Lift(t.Context(), lifted[0].ID, "li", "no guide after all")
		require.NoError(t, err)
		second := verdict("e2", "a", hits()...)
		second.InlineScore = 30
		h.deliver(second)
		assert.True(t, h.denied("a"))
		entries, _, err := h.lists.List(t.Context(), lists.Filter{Kind: enforcement.EntryDeny}, "", 10)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		assert.Equal(t, "sure", entries[0].Rule)
	})
}
