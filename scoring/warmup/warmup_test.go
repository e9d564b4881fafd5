package warmup_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/scoring"
	"fairgate/scoring/warmup"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

func TestNext(t *testing.T) {
	hours := func(h float64) time.Time { return noon.Add(time.Duration(h * float64(time.Hour))) }
	old := warmup.Record{Definition: "d", Since: hours(-10), Counted: hours(-10), Seen: hours(-1)}
	for name, c := range map[string]struct {
		known            *warmup.Record
		now, local, last time.Time
		want             warmup.Record
	}{
		"the first report ever is warm from the beginning": {
			nil, noon, hours(-0.5), time.Time{}, warmup.Record{Definition: "d", Counted: hours(-0.5), Seen: noon},
		},
		"a new definition begins when every process has it": {
			nil, noon, hours(-0.5), hours(-0.01), warmup.Record{Definition: "d", Since: hours(-0.5).Add(warmup.Settle), Counted: hours(-0.5), Seen: noon},
		},
		"one that goes on goes on": {
			&old, hours(-0.98), hours(-0.99), hours(-0.99), warmup.Record{Definition: "d", Since: hours(-10), Counted: hours(-10), Seen: hours(-0.98)},
		},
		"reports that were late lose nothing": {
			&old, noon, hours(-9), hours(-0.5), warmup.Record{Definition: "d", Since: hours(-10), Counted: hours(-10), Seen: noon},
		},
		"one that others counted without loses its date": {
			&old, noon, hours(-0.1), hours(-0.01),
			warmup.Record{Definition: "d", Since: hours(-0.1).Add(warmup.Settle), Counted: hours(-0.1), Seen: noon, Before: hours(-1)},
		},
		"a stop of everything costs nothing": {
			&old, noon, hours(-0.1), hours(-1), warmup.Record{Definition: "d", Since: hours(-10), Counted: hours(-10), Seen: noon},
		},
		"a clock that is behind moves nothing back": {
			&old, hours(-2), hours(-3), hours(-1), warmup.Record{Definition: "d", Since: hours(-10), Counted: hours(-10), Seen: hours(-1)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, warmup.Next(c.known, "d", c.now, c.local, c.last))
		})
	}
}

const document = `name: museum
features:
  - {name: short, entity: account, events: [stock.read], window: 1m, aggregate: count}
  - {name: long, entity: account, events: [order.submit], window: 720h, aggregate: distinct, of: device}
  - {name: per, aggregate: ratio, of: long, over: short}
rules:
  - {id: quick, when: short > 5, on: account, action: flag, mode: MODE}
  - {id: slow, when: long > 5, on: account, action: flag, mode: MODE}
  - {id: both, when: per > 5, on: account, action: flag, mode: SHADOW}
`

func program(t *testing.T, mode, shadow string) *rules.Program {
	t.Helper()
	text := document
	for from, to := range map[string]string{"MODE": mode, "SHADOW": shadow} {
		text = strings.ReplaceAll(text, from, to)
	}
	p, err := rules.Load("museum.yaml", []byte(text), rules.Options{})
	require.NoError(t, err)
	return p
}

// memory is a Store in memory.
type memory struct {
	mu      sync.Mutex
	known   map[string]warmup.Record
	last    time.Time
	reports int
	err     error
}

func (m *memory) Report(_ context.Context, now time.Time, counted map[string]time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.reports++
	next := map[string]warmup.Record{}
	for d, local := range counted {
		var old *warmup.Record
		if r, ok := m.known[d]; ok {
			old = &r
		}
		next[d] = warmup.Next(old, d, now, local, m.last)
	}
	if m.known == nil {
		m.known = map[string]warmup.Record{}
	}
	maps.Copy(m.known, next)
	m.last = now
	return nil
}

func (m *memory) Records(context.Context) (map[string]warmup.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known, m.err
}

func (m *memory) Covered(context.Context, string, time.Time) error { return nil }

// recordsOf gives every definition of p the same date.
func recordsOf(p *rules.Program, since time.Time) map[string]warmup.Record {
	out := map[string]warmup.Record{}
	for _, f := range p.Features() {
		if d := scoring.Definition(f); d != "" {
			out[d] = warmup.Record{Definition: d, Since: since, Counted: since, Seen: noon}
		}
	}
	return out
}

func TestStates(t *testing.T) {
	p := program(t, "live", "shadow")
	states := warmup.States(p, recordsOf(p, noon.Add(-time.Hour)), noon)
	require.Len(t, states, 3)
	assert.True(t, states[0].Warm)
	until := noon.Add(719 * time.Hour)
	assert.False(t, states[1].Warm)
	assert.Equal(t, until, states[1].Until)
	assert.False(t, states[2].Warm, "a ratio is as cold as its colder part")
	assert.Equal(t, until, states[2].Until)
	assert.Equal(t, 720*time.Hour, states[2].Window)

	states = warmup.States(p, recordsOf(p, noon.Add(-720*time.Hour)), noon)
	assert.True(t, states[1].Warm, "to the millisecond")
	assert.True(t, states[2].Warm)
	states = warmup.States(p, recordsOf(p, noon.Add(time.Millisecond-720*time.Hour)), noon)
	assert.False(t, states[1].Warm)
	states = warmup.States(p, recordsOf(p, time.Time{}), noon)
	assert.True(t, states[1].Warm, "counted from the beginning")
	states = warmup.States(p, nil, noon)
	assert.False(t, states[0].Counted)
	assert.False(t, states[2].Counted)

	_, err := warmup.Find(states, "none")
	require.ErrorIs(t, err, warmup.ErrUnknownFeature)
	found, err := warmup.Find(states, "long")
	require.NoError(t, err)
	assert.Equal(t, states[1], found)
}

func TestGate(t *testing.T) {
	shadow, live, all := program(t, "shadow", "shadow"), program(t, "live", "shadow"), program(t, "live", "canary, share: 0.1")
	store := &memory{known: recordsOf(shadow, noon.Add(-time.Hour))}
	check := func(current, next *rules.Program) []life.Objection {
		t.Helper()
		found, err := warmup.NewGate(store, func() time.Time { return noon }).Check(t.Context(), current, next)
		require.NoError(t, err)
		return found
	}
	found := check(shadow, live)
	require.Len(t, found, 1)
	o := found[0]
	assert.Equal(t, []string{"slow", "long"}, []string{o.Rule, o.Feature})
	assert.Equal(t, life.ObjectionWarming, o.Kind)
	assert.Equal(t, noon.Add(719*time.Hour), o.Until)
	assert.False(t, o.Overridable)
	assert.Contains(t, o.Text, "warming until 2026-04-01T03:00:00Z")
	assert.Empty(t, check(shadow, shadow), "shadow may read what it likes")
	assert.Empty(t, check(live, live), "what acts already is not stopped")
	found = check(live, all)
	require.Len(t, found, 1, "of a ratio its parts are named")
	assert.Equal(t, []string{"both", "long"}, []string{found[0].Rule, found[0].Feature})
	assert.Empty(t, check(nil, live), "the first ruleset")

	store.known = map[string]warmup.Record{"account:else@1m0s": {}}
	found = check(shadow, live)
	require.Len(t, found, 2)
	assert.Contains(t, found[0].Text, "not counted yet")
	assert.True(t, found[0].Until.IsZero())
	store.known = nil
	assert.Empty(t, check(shadow, live), "nothing has counted anything yet")
	store.err = errors.New("away")
	_, err := warmup.NewGate(store, nil).Check(t.Context(), shadow, live)
	require.ErrorIs(t, err, store.err)
}

// TestTheFirstFeatureOfARunningFleetIsNew: a fleet that counted nothing has
// still seen events.
func TestTheFirstFeatureOfARunningFleetIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		tracker := warmup.NewTracker(store, nil, nil)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- tracker.Run(ctx) }()
		none, err := rules.Load("x.yaml", []byte("name: x\nrules:\n  - {id: late, when: hour > 22, on: account, action: flag}\n"), rules.Options{})
		require.NoError(t, err)
		tracker.Use(none)
		synctest.Wait()
		assert.NotZero(t, store.reports)
		<-time.After(warmup.Heartbeat) // of the bubble's clock
		tracker.Use(program(t, "live", "draft"))
		synctest.Wait()
		require.NotEmpty(t, store.known)
		for d, r := range store.known {
			assert.False(t, r.Since.IsZero(), d)
		}
		stop()
		require.NoError(t, <-ended)
	})
}

func TestTracker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		tracker := warmup.NewTracker(store, nil, nil)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- tracker.Run(ctx) }()
		wait := func(d time.Duration) {
			<-time.After(d) // of the bubble's clock
			synctest.Wait()
		}
		wait(time.Second)
		assert.Zero(t, store.reports, "nothing is counted yet")
		few := program(t, "live", "draft")
		tracker.Use(few)
		wait(time.Second)
		assert.Equal(t, 1, store.reports)
		for d, r := range store.known {
			assert.True(t, r.Since.IsZero(), d)
		}
		wait(10 * warmup.Heartbeat)
		assert.Equal(t, 11, store.reports)

		// A definition that is left out for longer than the gap begins anew, the
		// others do not; and a store that was away is told since when.
		nothing, err := rules.Load("x.yaml", []byte("name: x\nfeatures:\n  - {name: short, entity: account, events: [stock.read], window: 1m, aggregate: count}\nrules:\n  - {id: quick, when: short > 5, on: account, action: flag}\n"), rules.Options{})
		require.NoError(t, err)
		tracker.Use(nothing)
		wait(10 * warmup.Heartbeat)
		store.mu.Lock()
		store.err = errors.New("away")
		store.mu.Unlock()
		back := time.Now()
		tracker.Use(few)
		wait(30 * warmup.Heartbeat)
		store.mu.Lock()
		store.err = nil
		store.mu.Unlock()
		wait(2 * warmup.Heartbeat)
		features := few.Features()
		short, long := store.known[scoring.Definition(features[0])], store.known[scoring.Definition(features[1])]
		assert.True(t, short.Since.IsZero())
		assert.True(t, long.Since.Equal(back.Add(warmup.Settle)), "%s, not %s", long.Since, back)
		stop()
		require.NoError(t, <-ended)
	})
}
