package scoring_test

import (
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// counted screens events with one feature of every kind and tells their values.
type counted struct {
	engine *scoring.Engine
	marks  map[rules.Entity][]byte
	n      int
}

func (c *counted) Mark(e rules.Entity, _ string) []byte { return c.marks[e] }

func newCounted(t *testing.T, features ...rules.Feature) *counted {
	t.Helper()
	when := ""
	for i := range features {
		if i > 0 {
			when += " or "
		}
		when += features[i].Name + " > 4000"
	}
	p, err := rules.Compile(&rules.Ruleset{Name: "t", Features: features, Rules: []rules.Rule{
		{ID: "r", When: when, On: rules.EntityAccount, Action: ingest.Flag},
	}}, rules.Options{})
	require.NoError(t, err)
	c := &counted{marks: map[rules.Entity][]byte{}}
	c.engine = scoring.New(memory.New(memory.Options{Marks: c}), scoring.Options{})
	c.engine.Swap(p)
	return c
}

// at screens an event at so many seconds.
func (c *counted) at(t *testing.T, seconds float64, change func(*ingest.Event)) map[string]float64 {
	t.Helper()
	e := event(0, "a")
	c.n++
	e.ID, e.Time = fmt.Sprintf("event %d", c.n), base.Add(time.Duration(seconds*1000)*time.Millisecond)
	e.Order = ingest.Order{Pool: "main", Positions: 2}
	if change != nil {
		change(e)
	}
	var r scoring.Result
	require.NoError(t, c.engine.Inline(t.Context(), e, "", &r))
	for _, m := range r.Marks {
		_, _, pair := m.Entity.Parts()
		require.False(t, pair, "a pair has no mark")
	}
	out := map[string]float64{}
	for i, name := range r.Snapshot.Names {
		out[name] = math.Round(r.Snapshot.Values[i]*1000) / 1000
	}
	return out
}

func looking(e *ingest.Event) { e.Kind = ingest.KindStockRead }

func TestRatioOfSumAndCount(t *testing.T) {
	orders := []ingest.Kind{ingest.KindOrderSubmit}
	c := newCounted(t,
		rules.Feature{Name: "places_each", Aggregate: rules.AggRatio, Of: "places", Over: "orders"},
		rules.Feature{Name: "places", Entity: rules.EntityAccount, Events: orders, Window: time.Minute, Aggregate: rules.AggSum, Of: rules.FieldPositions},
		rules.Feature{Name: "orders", Entity: rules.EntityAccount, Events: orders, Window: time.Minute, Aggregate: rules.AggCount},
	)
	assert.Equal(t, map[string]float64{"places_each": -1, "places": 0, "orders": 0}, c.at(t, 0, looking), "nothing by nothing")
	assert.Equal(t, map[string]float64{"places_each": 2, "places": 2, "orders": 1}, c.at(t, 1, nil))
	got := c.at(t, 2, func(e *ingest.Event) { e.Order.Positions = 5 })
	assert.Equal(t, map[string]float64{"places_each": 3.5, "places": 7, "orders": 2}, got)
	got = c.at(t, 3, func(e *ingest.Event) { e.Order.Positions = 0 })
	assert.Equal(t, map[string]float64{"places_each": 2.333, "places": 7, "orders": 3}, got, "what adds nothing is still an order")
}

func TestSinceSomethingElse(t *testing.T) {
	f := rules.Feature{
		Name: "looked", Entity: rules.EntityAccount, Events: []ingest.Kind{ingest.KindOrderSubmit}, Where: "positions > 1",
		Window: time.Minute, Aggregate: rules.AggSinceOther,
	}
	c := newCounted(t, f)
	assert.InDelta(t, rules.NoValue, c.at(t, 0, nil)["looked"], 0, "books without having done anything else")
	assert.InDelta(t, rules.NoValue, c.at(t, 1, nil)["looked"], 0)
	assert.InDelta(t, rules.NoValue, c.at(t, 2, looking)["looked"], 0, "not the current event itself")
	assert.InDelta(t, 3, c.at(t, 5, nil)["looked"], 0)
	c.at(t, 6, func(e *ingest.Event) { e.Order.Positions = 1 }) // of the kind, but not of the filter
	assert.InDelta(t, 1, c.at(t, 7, nil)["looked"], 0)
	assert.InDelta(t, rules.NoValue, c.at(t, 67, nil)["looked"], 0)
}

func TestShareOfAPool(t *testing.T) {
	for _, precision := range []rules.Precision{"", rules.PrecisionExact} {
		c := newCounted(t, rules.Feature{
			Name: "share", Entity: rules.EntityPool, Events: []ingest.Kind{ingest.KindOrderSubmit}, Window: time.Hour,
			Aggregate: rules.AggShare, Of: rules.FieldASN, Precision: precision,
		})
		from := func(asn uint32) func(*ingest.Event) { return func(e *ingest.Event) { e.Client.ASN = asn } }
		want := []float64{1, 1, 0.333, 0.75, 0.4}
		for i, asn := range []uint32{7, 7, 8, 7, 8} {
			assert.InDelta(t, want[i], c.at(t, float64(i), from(asn))["share"], 0, "event %d", i)
		}
		assert.InDelta(t, rules.NoValue, c.at(t, 6, from(0))["share"], 0, "the event has no such field")
		got := c.at(t, 7, func(e *ingest.Event) { from(7)(e); looking(e) })
		assert.InDelta(t, 0.5, got["share"], 0, "three of six, this one not counted")
		if precision == rules.PrecisionExact {
			for n := range 5000 {
				got = c.at(t, 10+float64(n)/10, from(9))
			}
			assert.InDelta(t, rules.NoValue, got["share"], 0, "more than there is room for: no share of what is not known")
		}
	}
}

func TestShareFollowsAClearing(t *testing.T) {
	c := newCounted(t, rules.Feature{
		Name: "share", Entity: rules.EntityAccount, Window: time.Hour, Aggregate: rules.AggShare, Of: rules.FieldIP,
	})
	other := func(e *ingest.Event) { e.Client.IP = netip.MustParseAddr("192.0.2.8") }
	for n := range 8 {
		c.at(t, float64(n), nil)
	}
	assert.InDelta(t, 0.111, c.at(t, 8, other)["share"], 0)
	c.marks[rules.EntityAccount] = scoring.EncodeMark(base.Add(8500*time.Millisecond), nil)
	assert.InDelta(t, 1, c.at(t, 9, other)["share"], 0)
	assert.InDelta(t, 0.5, c.at(t, 10, nil)["share"], 0, "what was before the clearing is hidden above the line, too")
}

func TestChangeAgainstTheDayBefore(t *testing.T) {
	const day = 24 * 3600
	c := newCounted(t, rules.Feature{Name: "change", Entity: rules.EntityPool, Window: time.Hour, Aggregate: rules.AggChange})
	for n := range 12 { // every five minutes for an hour, and then three times an hour for more than a day
		assert.InDelta(t, rules.NoValue, c.at(t, float64(n)*300, nil)["change"], 0, "the pool is younger than a day")
	}
	for n := 3; n < 24*3; n++ {
		assert.InDelta(t, rules.NoValue, c.at(t, float64(n)*1200, nil)["change"], 0)
	}
	assert.InDelta(t, rules.NoValue, c.at(t, day+1800, nil)["change"], 0, "half of the earlier hour is not known")
	// From 86401 to 90001 there is one event of before and this one. The day
	// before there were twelve, and one more in the minute of each edge counts.
	assert.InDelta(t, 0.154, c.at(t, day+3601, nil)["change"], 0)
	for range 20 {
		c.at(t, day+3602, nil)
	}
	assert.InDelta(t, 1.769, c.at(t, day+3603, nil)["change"], 0)
	assert.InDelta(t, rules.NoValue, c.at(t, 100*day, nil)["change"], 0, "idle for months: as good as new")
}

func TestPairsAndClustersAreCounted(t *testing.T) {
	count := func(name string, e rules.Entity) rules.Feature {
		return rules.Feature{Name: name, Entity: e, Window: time.Hour, Aggregate: rules.AggCount}
	}
	c := newCounted(t, count("here", "pool+device"), count("group", rules.EntityCluster), count("papers", "account+document"),
		rules.Feature{Name: "age", Entity: rules.EntityAccount, Window: time.Hour, Aggregate: rules.AggAge})
	assert.Equal(t, map[string]float64{"here": 1, "group": -1, "papers": -1, "age": 0}, c.at(t, 0, nil))
	in := func(pool, cluster string, documents ...string) func(*ingest.Event) {
		return func(e *ingest.Event) {
			e.Order.Pool, e.Subject.Cluster, e.Subject.Documents = pool, cluster, documents
		}
	}
	assert.Equal(t, map[string]float64{"here": 1, "group": 1, "papers": 1, "age": 1}, c.at(t, 1, in("north", "c", "d1", "d2", "d1")))
	assert.Equal(t, map[string]float64{"here": 2, "group": -1, "papers": 1, "age": 2}, c.at(t, 2, in("north", "", "d3")))
	c.at(t, 3, in("main", "c", "d2"))
	assert.Equal(t, map[string]float64{"here": 3, "group": 3, "papers": 3, "age": 4}, c.at(t, 4, in("main", "c", "d1", "d2")),
		"the largest of the documents' values")

	c.marks[rules.EntityDocument] = nil
	c.marks[rules.EntityAccount] = scoring.EncodeMark(base.Add(4500*time.Millisecond), nil)
	got := c.at(t, 5, in("main", "c", "d1", "d2"))
	assert.InDelta(t, 1, got["papers"], 0, "a pair with a cleared account begins anew")
	assert.InDelta(t, 4, got["here"], 0, "another pair does not")
	assert.InDelta(t, 5, got["age"], 0)
}

// TestSnapshotCarriesWhatIsMadeOfSeveralNumbers: in-line values come with the event,
// the others are counted.
func TestSnapshotCarriesWhatIsMadeOfSeveralNumbers(t *testing.T) {
	share := func(name string, stage rules.Stage) rules.Feature {
		return rules.Feature{
			Name: name, Entity: rules.EntityPool, Window: time.Hour, Aggregate: rules.AggShare, Of: rules.FieldASN, Stage: stage,
		}
	}
	p, err := rules.Compile(&rules.Ruleset{Name: "t", Features: []rules.Feature{
		share("inl", rules.StageInline), share("asy", rules.StageAsync),
		{Name: "both", Aggregate: rules.AggRatio, Of: "inl", Over: "one"},
		{Name: "one", Entity: rules.EntityPool, Window: time.Hour, Aggregate: rules.AggCount},
	}, Rules: []rules.Rule{
		{ID: "r", Stage: rules.StageAsync, When: "inl + asy + both > 4000", On: rules.EntityAccount, Action: ingest.Flag},
		{ID: "i", When: "both > 4000", On: rules.EntityAccount, Action: ingest.Flag},
	}}, rules.Options{})
	require.NoError(t, err)
	engine := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	engine.Swap(p)
	for n := range 4 {
		e := event(n, "a")
		e.Order.Pool, e.Client.ASN = "main", uint32(7+n%2)
		var r scoring.Result
		require.NoError(t, engine.Inline(t.Context(), e, "", &r))
		e.Decision.Snapshot, e.Decision.Ruleset = r.Snapshot, r.Ruleset
		v, err := engine.Async(t.Context(), e)
		require.NoError(t, err)
		assert.Len(t, v.Snapshot.Values, len(v.Snapshot.Names))
		assert.Equal(t, r.Snapshot.Values[0], v.Snapshot.Values[0])
		assert.Equal(t, r.Snapshot.Values[2], v.Snapshot.Values[2])
		assert.Equal(t, v.Snapshot.Values[0], v.Snapshot.Values[1], "counted once each")
		assert.InDelta(t, v.Snapshot.Values[0]/float64(n+1), v.Snapshot.Values[2], 1e-12)
	}
}
