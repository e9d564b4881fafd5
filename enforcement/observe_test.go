package enforcement_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

func TestASwitchIsOffUntilItIsTurned(t *testing.T) {
	var none *enforcement.Switch
	assert.False(t, none.On() || none.Observes("r"))
	assert.Empty(t, none.Routes())
	var s enforcement.Switch
	assert.False(t, s.Observes("r"))
	assert.True(t, s.SetRoutes([]string{"r", "q"}))
	assert.False(t, s.SetRoutes([]string{"q", "r"}))
	assert.True(t, s.Observes("r") && !s.Observes("s") && !s.On())
	assert.False(t, s.AddRoutes([]string{"r"}))
	assert.True(t, s.AddRoutes([]string{"s"}))
	assert.Equal(t, []string{"q", "r", "s"}, s.Routes())
	assert.True(t, s.SetRoutes(nil))
	assert.True(t, s.Set(true))
	assert.True(t, s.Observes("anything"))
}

// Nothing acts on an observed request, whoever says that it is observed, and
// what would have been done is on record.
func TestObservedRequestsAreRecordedAndNothingActs(t *testing.T) {
	ways := map[string]func(*ingest.Policy, *enforcement.Switch){
		"the route table":        func(p *ingest.Policy, _ *enforcement.Switch) { p.Observe = true },
		"the switch of the site": func(_ *ingest.Policy, s *enforcement.Switch) { s.Set(true) },
		"that of the route":      func(_ *ingest.Policy, s *enforcement.Switch) { s.SetRoutes([]string{"order-submit"}) },
	}
	causes := map[string]scoring.Result{
		"a rule": {Hits: []ingest.Hit{blockHit("a")}, Ruleset: "v1"},
		"an entry": {Ruleset: "v1", Marks: []scoring.Mark{
			mark(t, "account", "a", enforcement.Mark{Entries: []enforcement.MarkEntry{deny("manual")}}),
		}},
		"a gateway that lets nobody pass": {Degraded: true, Hits: []ingest.Hit{blockHit("a")}},
	}
	eachHouse(t, func(t *testing.T, h *house) {
		published := scoring.New(nil, scoring.Options{})
		n := 0
		for way, observe := range ways {
			for cause, result := range causes {
				var kill enforcement.Switch
				policy := ingest.Policy{FailMode: ingest.FailClosed}
				observe(&policy, &kill)
				e := event()
				n++
				e.ID, e.Route, e.Order.ID = fmt.Sprint("e", n), "order-submit", "o1"
				e.Decision = enforcement.NewScreener(&engine{result: result}, nil, enforcement.ScreenerOptions{Kill: &kill}).
					Screen(t.Context(), e, policy)
				assert.Equal(t, []ingest.Action{ingest.Allow, ingest.Block}, []ingest.Action{e.Decision.Action, e.Decision.Observed}, "%s, %s", way, cause)
				assert.Empty(t, e.Decision.Receipt, "nobody was refused")
				assert.NotEmpty(t, e.Decision.Hits, "what matched is on record")

				h.bookings.book("o1", "a", "held")
				v := published.InlineVerdict(e)
				require.True(t, v.Observe, "%s, %s", way, cause)
				assert.NotEmpty(t, v.Hits)
				async := v
				async.Stage, async.Decision, async.Hits = rules.StageAsync, "", []ingest.Hit{blockHit("a")}
				h.deliver(v, async)
			}
		}
		assert.Empty(t, h.actions(), "no block, no withdrawal, no flag")
		assert.False(t, h.denied("a"))
		assert.Equal(t, "held", h.bookings.orders["o1"])
		assert.Zero(t, h.bookings.asked)
		standing, err := h.cases.StandingOf(t.Context(), "museum", enforcement.Target{Entity: "account", Key: "a"})
		require.NoError(t, err)
		assert.Nil(t, standing.Case)
	})
}

func TestARouteThatObservesLeavesTheOthersTheirRules(t *testing.T) {
	var kill enforcement.Switch
	kill.SetRoutes([]string{"stock-read"})
	s := enforcement.NewScreener(&engine{result: scoring.Result{Hits: []ingest.Hit{blockHit("a")}}}, nil, enforcement.ScreenerOptions{Kill: &kill})
	e := event()
	e.Route = "order-submit"
	assert.Equal(t, ingest.Block, s.Screen(t.Context(), e, ingest.Policy{}).Action)
	e.Route = "stock-read"
	assert.Equal(t, ingest.Allow, s.Screen(t.Context(), e, ingest.Policy{}).Action)
}
