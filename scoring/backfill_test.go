package scoring_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/redis"
)

const always = `name: museum
features:
  - {name: old, entity: account, events: [order.submit], window: 1h, aggregate: count}
`

const declared = `
  - {name: places, entity: account, events: [order.submit], window: 1h, aggregate: sum, of: positions}
  - {name: each, aggregate: ratio, of: places, over: old}
  - {name: devices, entity: account, events: [], window: 2h, aggregate: distinct, of: device}
  - {name: rhythm, entity: device, events: [stock.read], window: 30m, aggregate: regularity}
  - {name: first, entity: device, events: [stock.read], window: 2h, aggregate: since_first}
  - {name: last, entity: device, events: [stock.read], window: 2h, aggregate: since_last}
  - {name: looked, entity: device, events: [order.submit], window: 2h, aggregate: since_other}
  - {name: known_for, entity: account, window: 1h, aggregate: age}
  - {name: together, entity: device+pool, window: 1h, aggregate: count}
  - {name: taken, entity: account, where: accepted, stage: outcome, window: 2h, aggregate: count}
  - {name: papers, entity: document, events: [order.submit], stage: async, window: 2h, aggregate: count}
  - {name: from_here, entity: pool, events: [order.submit], window: 1h, aggregate: share, of: asn}
  - {name: crowd, entity: subnet, window: 1h, aggregate: count, precision: bucketed}
  - {name: than_before, entity: pool, events: [order.submit], window: 10m, before: 1h, aggregate: change}
`

func backfilled(t *testing.T, features string) *rules.Program {
	t.Helper()
	text := always
	when := "old > 100"
	if features != "" {
		text += features[1:]
		when += " or each > 4 or devices > 9 or rhythm < 0 or first > 9 or last > 9 or looked > 9 or known_for > 9 or together > 9 or taken > 9 or from_here > 2 or crowd > 900 or than_before > 99"
	}
	text += "rules:\n  - {id: r, when: '" + when + "', on: account, action: flag}\n"
	if features != "" {
		text += "  - {id: s, stage: async, when: 'papers > 9', on: account, action: flag}\n"
	}
	p, err := rules.Load("x.yaml", []byte(text), rules.Options{})
	require.NoError(t, err)
	return p
}

// stream is what a small crowd does in four hours, in order of time. Nobody of
// it is in another stream: a real Redis is shared.
func stream(seed uint64, n int) []ingest.Event {
	crowd := strconv.FormatUint(rand.Uint64(), 36)
	r := rand.New(rand.NewPCG(seed, 1))
	at := base
	out := make([]ingest.Event, n)
	for i := range out {
		at = at.Add(time.Duration(r.IntN(2*4*3600*1000/n)) * time.Millisecond)
		e := &out[i]
		*e = ingest.Event{
			ID: fmt.Sprintf("%08x-0000-7000-8000-%012x", r.Uint32(), i), Time: at, Site: "museum",
			Kind:    []ingest.Kind{ingest.KindStockRead, ingest.KindOrderSubmit, ingest.KindPageRead}[r.IntN(3)],
			Subject: ingest.Subject{Account: fmt.Sprint("a", crowd, r.IntN(6)), Device: fmt.Sprint("d", crowd, r.IntN(8)), Documents: []string{fmt.Sprint("x", crowd, r.IntN(9)), "y" + crowd}},
			Client:  ingest.Client{IP: netip.AddrFrom4([4]byte{192, 0, 2, byte(r.IntN(4))}), Subnet: fmt.Sprint("s", crowd, r.IntN(2)), ASN: uint32(r.IntN(3)) + 1},
			Order:   ingest.Order{Pool: fmt.Sprint("p", crowd, r.IntN(2)), Positions: 1 + r.IntN(5)},
			Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200 + 100*r.IntN(2)},
		}
	}
	return out
}

// take does what gateway, recorder and pipeline do, and tells every value.
func take(t *testing.T, e *scoring.Engine, ev ingest.Event) []float64 {
	t.Helper()
	var r scoring.Result
	require.NoError(t, e.Inline(t.Context(), &ev, "", &r))
	ev.Decision.Snapshot, ev.Decision.Ruleset = r.Snapshot, r.Ruleset
	require.NoError(t, e.Outcome(t.Context(), &ev))
	v, err := e.Async(t.Context(), &ev)
	require.NoError(t, err)
	return v.Snapshot.Values
}

// TestBackfillEqualsHavingCountedAllAlong declares features in the middle of
// the traffic, puts the past in afterwards, with overlap and repeats, and
// compares every value of every later event with counters that had them from
// the beginning.
func TestBackfillEqualsHavingCountedAllAlong(t *testing.T) {
	stores := map[string]func(t *testing.T) scoring.Counters{
		"memory":    func(*testing.T) scoring.Counters { return memory.New(memory.Options{}) },
		"miniredis": func(t *testing.T) scoring.Counters { return onRedis(t, miniredis.RunT(t).Addr()) },
		"redis": func(t *testing.T) scoring.Counters {
			addr := os.Getenv("FAIRGATE_TEST_REDIS")
			if addr == "" {
				require.NotEqual(t, "required", os.Getenv("FAIRGATE_TEST_ENGINES"), "FAIRGATE_TEST_REDIS is not set")
				t.Skip("FAIRGATE_TEST_REDIS is not set")
			}
			return onRedis(t, addr)
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			before, after := backfilled(t, ""), backfilled(t, declared)
			events := stream(7, 1500)
			swap, overlap := 700, 60
			all := scoring.New(memory.New(memory.Options{}), scoring.Options{})
			all.Swap(after)
			counters := open(t)
			late := scoring.New(counters, scoring.Options{})
			late.Swap(before)
			for i := range events[:swap] {
				take(t, all, events[i])
				take(t, late, events[i])
			}
			late.Swap(after)
			for i := range events[swap : swap+overlap] {
				take(t, all, events[swap+i])
				take(t, late, events[swap+i])
			}
			var names, exact, bucketed []string
			for _, f := range after.Features() {
				names = append(names, f.Name)
				switch {
				case f.Name == "old":
				case f.Bucketed():
					bucketed = append(bucketed, f.Name)
				default:
					exact = append(exact, f.Name)
				}
			}
			put := func(b *scoring.Backfill, from, to int) {
				for i := range events[from:to] {
					require.NoError(t, b.Put(t.Context(), &events[from+i]))
				}
			}
			logs, err := scoring.NewBackfill(counters, after, exact...)
			require.NoError(t, err)
			assert.False(t, logs.Buckets())
			put(logs, 300, swap+overlap) // in any order, and over what was counted live
			put(logs, 0, 400)
			put(logs, 0, swap)
			sums, err := scoring.NewBackfill(counters, after, bucketed...)
			require.NoError(t, err)
			assert.True(t, sums.Buckets())
			put(sums, 0, 400) // broken off, and begun again earlier
			put(sums, 350, 500)
			put(sums, 0, swap)
			for i := range events[swap+overlap:] {
				want, got := take(t, all, events[swap+overlap+i]), take(t, late, events[swap+overlap+i])
				require.InDeltaSlice(t, want, got, 1e-9, "event %d, features %v", i, names)
			}
		})
	}
}

func onRedis(t *testing.T, addr string) scoring.Counters {
	t.Helper()
	o := &goredis.UniversalOptions{Addrs: []string{addr}}
	redis.Configure(o)
	client := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return redis.New(client, redis.Options{})
}

// TestBackfillTouchesNothingElse looks at what a backfill asks of the counters.
func TestBackfillTouchesNothingElse(t *testing.T) {
	p := backfilled(t, declared)
	spy := &touches{}
	b, err := scoring.NewBackfill(spy, p, "each")
	require.NoError(t, err)
	for _, e := range stream(3, 60) {
		require.NoError(t, b.Put(t.Context(), &e))
	}
	require.NotEmpty(t, spy.seen)
	ids := map[string]bool{}
	for _, et := range spy.seen {
		assert.Equal(t, rules.EntityAccount, et.Entity)
		assert.False(t, et.ReadMark)
		assert.Positive(t, et.Keep)
		for _, s := range et.Series {
			ids[s.Series.ID] = true
			assert.NotEmpty(t, s.Members)
			assert.Empty(t, s.Values)
		}
	}
	assert.Len(t, ids, 2, "a ratio's two parts")
	_, err = scoring.NewBackfill(spy, p, "none")
	require.ErrorIs(t, err, scoring.ErrNotCounted)
}

// touches keeps the entities of every touch.
type touches struct{ seen []scoring.EntityTouch }

func (s *touches) Touch(_ context.Context, t *scoring.Touch) error {
	if err := t.Validate(); err != nil {
		return err
	}
	for _, et := range t.Entities {
		et.Series = slices.Clone(et.Series)
		s.seen = append(s.seen, et)
	}
	return nil
}
