package scoring_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

var base = time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC)

// program compiles a small but complete ruleset: every stage, a shadow rule
// that is the twin of a live one, and an entity with several keys.
func program(t testing.TB, change func(*rules.Ruleset)) *rules.Program {
	t.Helper()
	orders := []ingest.Kind{ingest.KindOrderSubmit}
	f := func(name string, e rules.Entity, stage rules.Stage, agg rules.Aggregate, of rules.Field) rules.Feature {
		return rules.Feature{
			Name: name, Entity: e, Events: orders, Window: time.Minute, Aggregate: agg, Of: of, Stage: stage,
		}
	}
	accepted := f("account_accepted", rules.EntityAccount, rules.StageOutcome, rules.AggCount, "")
	accepted.Where = "accepted"
	rs := &rules.Ruleset{
		Name: "test",
		Features: []rules.Feature{
			f("account_orders", rules.EntityAccount, rules.StageInline, rules.AggCount, ""),
			f("account_rhythm", rules.EntityAccount, rules.StageInline, rules.AggRegularity, ""),
			f("device_accounts", rules.EntityDevice, rules.StageInline, rules.AggDistinct, rules.FieldAccount),
			f("document_orders", rules.EntityDocument, rules.StageInline, rules.AggCount, ""),
			accepted,
			f("account_documents", rules.EntityAccount, rules.StageAsync, rules.AggDistinct, rules.FieldDocument),
		},
		Rules: []rules.Rule{
			{ID: "pace", When: "account_orders > 2", On: rules.EntityAccount, Action: ingest.Block, Score: 70, TTL: time.Hour, Reason: ingest.ReasonPace},
			{ID: "pace_twin", When: "account_orders > 2", On: rules.EntityAccount, Action: ingest.Block, Score: 70, Mode: rules.ModeShadow},
			{ID: "farm", When: "device_accounts > 2", On: rules.EntityDevice, Action: ingest.Challenge, Score: 50},
			{ID: "same_papers", When: "document_orders > 1", On: rules.EntityAccount, Action: ingest.Flag, Score: 5},
			{ID: "rhythm", When: "account_rhythm >= 0 and account_rhythm < 0.05", On: rules.EntityAccount, Action: ingest.Challenge},
			{ID: "winner", When: "account_accepted > 1", On: rules.EntityAccount, Action: ingest.Flag},
			{ID: "papers", Stage: rules.StageAsync, When: "account_documents > 3 and account_orders > 0", On: rules.EntityAccount, Action: ingest.Block, Score: 60},
			{ID: "papers_twin", Stage: rules.StageAsync, When: "account_documents > 3", On: rules.EntityAccount, Action: ingest.Block, Mode: rules.ModeShadow},
		},
	}
	if change != nil {
		change(rs)
	}
	p, err := rules.Compile(rs, rules.Options{})
	require.NoError(t, err)
	return p
}

func event(n int, account string) *ingest.Event {
	return &ingest.Event{
		ID: uuid.NewString(), Time: base.Add(time.Duration(n) * time.Second), Site: "museum",
		Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: account, Device: "device"},
		Client: ingest.Client{IP: netip.MustParseAddr("192.0.2.7"), Subnet: "192.0.2.0/24"},
	}
}

func ids(hits []ingest.Hit) []string {
	var out []string
	for _, h := range hits {
		out = append(out, h.Rule)
	}
	return out
}

// screen takes the event through the in-line stage as the edge does.
func screen(t testing.TB, e *scoring.Engine, ev *ingest.Event) *scoring.Result {
	t.Helper()
	var r scoring.Result
	require.NoError(t, e.Inline(context.Background(), ev, "", &r))
	ev.Decision = ingest.Decision{
		Action: ingest.Allow, Ruleset: r.Ruleset, Hits: r.Hits, Score: r.Score, Snapshot: r.Snapshot,
	}
	return &r
}

func newEngine(t testing.TB) *scoring.Engine {
	t.Helper()
	e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	e.Swap(program(t, nil))
	return e
}

func value(t testing.TB, s ingest.Snapshot, name string) float64 {
	t.Helper()
	for i, n := range s.Names {
		if n == name {
			return s.Values[i]
		}
	}
	t.Fatalf("no feature %q in %v", name, s.Names)
	return 0
}

func TestInlineCountsTheEventItself(t *testing.T) {
	e := newEngine(t)
	var r *scoring.Result
	for n := range 3 {
		r = screen(t, e, event(n*n, "a"))
		assert.InDelta(t, n+1, value(t, r.Snapshot, "account_orders"), 0)
	}
	require.Equal(t, []string{"pace"}, ids(r.Hits))
	assert.Equal(t, ingest.Hit{
		Rule: "pace", Action: ingest.Block, Entity: "account", Key: "a", Score: 70, TTL: 3600, Reason: ingest.ReasonPace,
	}, r.Hits[0])
	assert.InDelta(t, 70, r.Score, 0)
	assert.Equal(t, e.Program().Version(), r.Ruleset)
	r = screen(t, e, event(5, "b"))
	assert.Empty(t, r.Hits, "somebody else")
	assert.InDelta(t, 2, value(t, r.Snapshot, "device_accounts"), 0)
}

func TestUnknownEntitiesHaveNoValue(t *testing.T) {
	e := newEngine(t)
	r := screen(t, e, event(0, ""))
	assert.InDelta(t, rules.NoValue, value(t, r.Snapshot, "account_orders"), 0)
	assert.InDelta(t, 0, value(t, r.Snapshot, "device_accounts"), 0, "the device is known, and no account was seen with it")
	assert.InDelta(t, rules.NoValue, value(t, r.Snapshot, "document_orders"), 0)
}

func TestEntityWithSeveralKeysHasTheLargestValue(t *testing.T) {
	e := newEngine(t)
	first := event(0, "a")
	first.Subject.Documents = []string{"d1"}
	screen(t, e, first)
	second := event(1, "b")
	second.Subject.Documents = []string{"d2", "d1", "d3", "d1"}
	r := screen(t, e, second)
	assert.InDelta(t, 2, value(t, r.Snapshot, "document_orders"), 0)
	assert.Equal(t, []string{"same_papers"}, ids(r.Hits))
}

func TestScoreIsCapped(t *testing.T) {
	e := newEngine(t)
	for n, account := range []string{"a", "a", "b", "c", "a"} {
		r := screen(t, e, event(n*n, account))
		if n == 4 {
			assert.Equal(t, []string{"pace", "farm"}, ids(r.Hits))
			assert.InDelta(t, 100, r.Score, 0)
		}
	}
}

func TestOutcomeIsReadByLaterEvents(t *testing.T) {
	e := newEngine(t)
	for n := range 2 {
		ev := event(n, "a")
		r := screen(t, e, ev)
		assert.InDelta(t, n, value(t, r.Snapshot, "account_accepted"), 0)
		ev.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201}
		require.NoError(t, e.Outcome(t.Context(), ev))
		require.NoError(t, e.Outcome(t.Context(), ev), "a repeat changes nothing")
	}
	refused := event(2, "a")
	refused.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 409}
	require.NoError(t, e.Outcome(t.Context(), refused))
	r := screen(t, e, event(3, "a"))
	assert.InDelta(t, 2, value(t, r.Snapshot, "account_accepted"), 0)
	assert.Contains(t, ids(r.Hits), "winner")
}

func TestMarksAndBurn(t *testing.T) {
	store := memory.New(memory.Options{Marks: marks{"account:a": "deny", "ip:192.0.2.7": "note"}})
	e := scoring.New(store, scoring.Options{})
	e.Swap(program(t, nil))
	var r scoring.Result
	require.NoError(t, e.Inline(t.Context(), event(0, "a"), "pass", &r))
	assert.True(t, r.Burnt)
	assert.Equal(t, []scoring.Mark{
		{Entity: rules.EntityAccount, Key: "a", Data: []byte("deny")},
		{Entity: rules.EntityIP, Key: "192.0.2.7", Data: []byte("note")},
	}, r.Marks)
	require.NoError(t, e.Inline(t.Context(), event(1, "b"), "pass", &r))
	assert.False(t, r.Burnt, "spent")
	assert.Len(t, r.Marks, 1)
}

func TestAReplayedSignatureIsKnownToTheRules(t *testing.T) {
	e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	e.Swap(program(t, nil))
	for i, tt := range []struct {
		nonce         string
		proof, wanted ingest.Proof
	}{
		{"n", ingest.ProofValid, ingest.ProofValid},
		{"n", ingest.ProofValid, ingest.ProofReplayed},
		{"n", ingest.ProofOtherKey, ingest.ProofReplayed},
		{"m", ingest.ProofUnbound, ingest.ProofUnbound},
		{"", ingest.ProofWrong, ingest.ProofWrong},
		{"", "", ""},
	} {
		ev := event(i, "a")
		ev.Proof, ev.ProofNonce = tt.proof, tt.nonce
		var r scoring.Result
		require.NoError(t, e.Inline(t.Context(), ev, "", &r))
		assert.Equal(t, tt.wanted, ev.Proof, i)
	}
}

type marks map[string]string

func (m marks) Mark(e rules.Entity, key string) []byte {
	if v, ok := m[string(e)+":"+key]; ok {
		return []byte(v)
	}
	return nil
}

// fake answers with what the test says.
type fake struct {
	err      error
	degraded bool
	settling bool
	touches  int
}

func (f *fake) Touch(_ context.Context, t *scoring.Touch) error {
	f.touches++
	t.Degraded, t.Settling = f.degraded, f.settling
	return f.err
}

func TestFailuresAndDegradationAreToldToTheCaller(t *testing.T) {
	away := errors.New("away")
	c := &fake{err: away}
	e := scoring.New(c, scoring.Options{})
	var r scoring.Result
	require.ErrorIs(t, e.Inline(t.Context(), event(0, "a"), "", &r), scoring.ErrNoProgram)
	require.ErrorIs(t, e.Outcome(t.Context(), event(0, "a")), scoring.ErrNoProgram)
	_, err := e.Async(t.Context(), event(0, "a"))
	require.ErrorIs(t, err, scoring.ErrNoProgram)
	assert.Nil(t, e.Program())
	e.Swap(program(t, nil))
	require.ErrorIs(t, e.Inline(t.Context(), event(0, "a"), "", &r), away)
	accepted := event(0, "a")
	accepted.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200}
	require.ErrorIs(t, e.Outcome(t.Context(), accepted), away)
	_, err = e.Async(t.Context(), event(0, "a"))
	require.ErrorIs(t, err, away)
	c.err, c.degraded = nil, true
	require.NoError(t, e.Inline(t.Context(), event(0, "a"), "", &r))
	assert.True(t, r.Degraded)
}

func TestRulesKnowThatCountersAreDegraded(t *testing.T) {
	c := &fake{}
	e := scoring.New(c, scoring.Options{})
	e.Swap(program(t, func(rs *rules.Ruleset) {
		rs.Rules = []rules.Rule{
			{ID: "inline", When: "account_orders < 1 and not degraded", On: rules.EntityAccount, Action: ingest.Flag},
			{ID: "async", Stage: rules.StageAsync, When: "account_documents < 1 and not degraded", On: rules.EntityAccount, Action: ingest.Flag},
		}
	}))
	c.settling = true
	assert.Empty(t, screen(t, e, event(0, "a")).Hits, "what is not seen right after an outage may have happened")
	c.degraded, c.settling = true, false
	assert.Len(t, screen(t, e, event(0, "a")).Hits, 1, "a process that is alone has seen enough")
	for _, degraded := range []bool{false, true, false} {
		c.degraded, c.settling = degraded, degraded
		ev := event(0, "a")
		r := screen(t, e, ev)
		assert.Equal(t, degraded, len(r.Hits) == 0)
		v, err := e.Async(t.Context(), ev)
		require.NoError(t, err)
		assert.Equal(t, degraded, len(v.Hits) == 0)
	}
}

func BenchmarkInline(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("%d_rules", n), func(b *testing.B) {
			e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
			e.Swap(program(b, func(rs *rules.Ruleset) {
				rs.Rules = nil
				for i := range n {
					rs.Rules = append(rs.Rules, rules.Rule{
						ID: fmt.Sprint("r", i), On: rules.EntityAccount, Action: ingest.Flag,
						When: fmt.Sprintf("device_accounts > 0 and document_orders > 0 and positions < 9 and account_orders > %d", 50+i), // all four are looked at
					})
				}
			}))
			evs := make([]*ingest.Event, 4096)
			for i := range evs {
				evs[i] = event(i, fmt.Sprint("account ", i%500))
				evs[i].Subject.Device = fmt.Sprint("device ", i%700)
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
