package backfill_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/backfill"
	"fairgate/enforcement/backtest"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/warmup"
	"fairgate/scoring/warmup/sqlstore"
	"fairgate/scoring/window/memory"
)

const document = `name: museum
features:
  - {name: old, entity: account, events: [stock.read], window: 1h, aggregate: count}
  - {name: new, entity: account, events: [order.submit], window: 24h, aggregate: count}
  - {name: crowd, entity: subnet, window: 24h, aggregate: count, precision: bucketed}
  - {name: per, aggregate: ratio, of: new, over: old}
rules:
  - {id: r, when: old > 5 or new > 5 or crowd > 100000 or per > 3, on: account, action: flag, mode: shadow}
`

// ledger is a history that can be away, and that tells how far it was read.
type ledger struct {
	mu     sync.Mutex
	events []ingest.Event
	fail   int // how many events to give before it fails, once; 0: never
	given  func(n int)
}

var errAway = errors.New("away")

func (l *ledger) Events(_ context.Context, from, to time.Time, _ backtest.Needs, _ backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		n := 0
		for _, e := range l.events {
			if e.Time.Before(from) || !e.Time.Before(to) {
				continue
			}
			l.mu.Lock()
			fail := l.fail > 0 && n == l.fail
			if fail {
				l.fail = 0
			}
			l.mu.Unlock()
			if fail {
				yield(nil, errAway)
				return
			}
			if !yield([]ingest.Event{e}, nil) {
				return
			}
			n++
			if l.given != nil {
				l.given(n)
			}
		}
	}
}

// scene is a feature that was declared a minute ago, and a day before it.
type scene struct {
	t        *testing.T
	now      time.Time
	history  *ledger
	records  *sqlstore.Store
	engine   *scoring.Engine
	service  *backfill.Service
	program  *rules.Program
	counters scoring.Counters
}

func newScene(t *testing.T, db *sqldb.DB) *scene {
	t.Helper()
	s := &scene{t: t, now: time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC), history: &ledger{}, counters: memory.New(memory.Options{})}
	var err error
	s.records, err = sqlstore.Open(t.Context(), db)
	require.NoError(t, err)
	s.program, err = rules.Load("x.yaml", []byte(document), rules.Options{})
	require.NoError(t, err)
	s.engine = scoring.New(s.counters, scoring.Options{})
	s.engine.Swap(s.program)
	for i := range 240 { // one every six minutes of the day before
		kind := []ingest.Kind{ingest.KindOrderSubmit, ingest.KindStockRead}[i%2]
		s.history.events = append(s.history.events, ingest.Event{
			ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", i), Time: s.now.Add(time.Duration(i-240)*6*time.Minute - time.Second), Kind: kind,
			Subject: ingest.Subject{Account: "a"}, Client: ingest.Client{Subnet: "s"},
		})
	}
	s.service, err = backfill.New(t.Context(), db, s.records, s.counters, s.history, func() *rules.Program { return s.program }, backfill.Options{
		Rate: 1e9, Poll: time.Millisecond, Arrival: time.Nanosecond, Now: func() time.Time { return s.now },
	})
	require.NoError(t, err)
	s.report(s.now.Add(-100*time.Hour), "old")
	s.report(s.now.Add(-time.Minute), "old", "new", "crowd")
	return s
}

// report notes what is counted from at on.
func (s *scene) report(at time.Time, names ...string) {
	s.t.Helper()
	counted := map[string]time.Time{}
	for _, f := range s.program.Features() {
		for _, name := range names {
			if f.Name == name {
				counted[scoring.Definition(f)] = at
			}
		}
	}
	require.NoError(s.t, s.records.Report(s.t.Context(), at, counted))
}

func (s *scene) start(feature string) (backfill.Job, error) {
	return s.service.Start(s.t.Context(), feature, "ana", "a new rule")
}

// run works until the job of the feature is over, or for a while.
func (s *scene) run(feature string) backfill.Job {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.service.Run(ctx) }()
	var j backfill.Job
	require.Eventually(s.t, func() bool { j = s.job(feature); return j.State.Over() }, 20*time.Second, time.Millisecond)
	stop()
	require.NoError(s.t, <-ended)
	return j
}

func (s *scene) job(feature string) backfill.Job {
	s.t.Helper()
	jobs, err := s.service.Jobs(s.t.Context())
	require.NoError(s.t, err)
	for _, j := range jobs {
		if j.Feature == feature {
			return j
		}
	}
	return backfill.Job{}
}

// values screens one more booking and tells the features' values.
func (s *scene) values() map[string]float64 {
	s.t.Helper()
	var r scoring.Result
	e := &ingest.Event{ID: "00000000-0000-7000-8000-ffffffffffff", Time: s.now, Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: "a"}, Client: ingest.Client{Subnet: "s"}}
	require.NoError(s.t, s.engine.Inline(s.t.Context(), e, "", &r))
	out := map[string]float64{}
	for i, name := range r.Snapshot.Names {
		out[name] = r.Snapshot.Values[i]
	}
	return out
}

func (s *scene) state(feature string) warmup.State {
	s.t.Helper()
	records, err := s.records.Records(s.t.Context())
	require.NoError(s.t, err)
	state, err := warmup.Find(warmup.States(s.program, records, s.now), feature)
	require.NoError(s.t, err)
	return state
}

func TestBackfillMakesWarm(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newScene(t, db)
		assert.False(t, s.state("new").Warm)
		j, err := s.start("new")
		require.NoError(t, err)
		assert.Equal(t, backfill.Queued, j.State)
		_, err = s.start("new")
		require.ErrorIs(t, err, backfill.ErrUnderWay)
		j = s.run("new")
		assert.Equal(t, backfill.Done, j.State)
		assert.InDelta(t, 1, j.Progress, 0)
		assert.EqualValues(t, 120, j.Events, "bookings only")
		assert.Equal(t, []string{"ana", "a new rule"}, []string{j.Actor, j.Reason})
		assert.True(t, s.state("new").Warm)
		_, err = s.start("new")
		require.ErrorIs(t, err, backfill.ErrWarm)
		_, err = s.start("crowd")
		require.NoError(t, err)
		s.run("crowd")
		v := s.values()
		assert.InDelta(t, 120, v["new"], 0, "the first of 120 is out of the window again, and the present one counts")
		assert.GreaterOrEqual(t, v["crowd"], 240.0)
		assert.LessOrEqual(t, v["crowd"], 242.0)
		assert.Zero(t, v["old"], "nothing but what was asked for is touched")
	})
}

func TestBackfillGoesOnAfterAFailure(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newScene(t, db)
		_, err := s.start("new")
		require.NoError(t, err)
		s.history.fail = 101
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.service.Run(ctx) }()
		require.Eventually(t, func() bool {
			s.history.mu.Lock()
			defer s.history.mu.Unlock()
			return s.history.fail == 0
		}, 20*time.Second, time.Millisecond)
		stop()
		require.NoError(t, <-ended)
		j := s.job("new")
		assert.Equal(t, backfill.Running, j.State)
		assert.InDelta(t, 0.42, j.Progress, 0.02)
		assert.False(t, s.state("new").Warm)
		s.now = s.now.Add(2 * time.Minute) // the lease is over
		assert.Equal(t, backfill.Done, s.run("new").State)
		assert.InDelta(t, 120, s.values()["new"], 0, "nothing twice, nothing missing")
	})
}

func TestBackfillIsCancelled(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newScene(t, db)
		require.ErrorIs(t, s.service.Cancel(t.Context(), "new"), backfill.ErrNoJob)
		_, err := s.start("new")
		require.NoError(t, err)
		s.history.given = func(n int) {
			if n == 50 {
				assert.NoError(t, s.service.Cancel(t.Context(), "new"))
			}
		}
		j := s.run("new")
		assert.Equal(t, backfill.Cancelled, j.State)
		assert.Less(t, j.Events, int64(60))
		assert.False(t, s.state("new").Warm)
		s.history.given = nil
		// A claim that was on its way when the worker was stopped may still be
		// carried out by the server; it holds for a lease.
		s.now = s.now.Add(2 * time.Minute)
		_, err = s.start("new")
		require.NoError(t, err, "it can be started anew")
		assert.Equal(t, backfill.Done, s.run("new").State)
	})
}

func TestBackfillOfWhatIsGone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newScene(t, db)
		_, err := s.start("new")
		require.NoError(t, err)
		s.program, err = rules.Load("x.yaml", []byte("name: x\nrules:\n  - {id: r, when: hour < 5, on: account, action: flag}\n"), rules.Options{})
		require.NoError(t, err)
		j := s.run("new")
		assert.Equal(t, backfill.Failed, j.State)
		assert.Contains(t, j.Failure, "does not count the feature any more")
	})
}

func TestBackfillOfWhatBeganAnew(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newScene(t, db)
		_, err := s.start("new")
		require.NoError(t, err)
		s.report(s.now.Add(10*time.Minute), "old")
		s.report(s.now.Add(11*time.Minute), "old", "new", "crowd")
		j := s.run("new")
		assert.Equal(t, backfill.Failed, j.State)
		assert.Contains(t, j.Failure, "began anew")
		assert.False(t, s.state("new").Warm)
		_, err = s.start("crowd")
		require.ErrorIs(t, err, backfill.ErrTwice)
	})
}

func TestRefusedBackfills(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newScene(t, db)
		for feature, want := range map[string]error{
			"none": warmup.ErrUnknownFeature, "old": backfill.ErrWarm, "per": backfill.ErrRatio,
		} {
			_, err := s.start(feature)
			require.ErrorIs(t, err, want, feature)
		}
		p, err := rules.Load("x.yaml", []byte("name: x\nfeatures:\n  - {name: never, entity: device, events: [stock.read], window: 1m, aggregate: count}\nrules:\n  - {id: r, when: never > 5, on: account, action: flag}\n"), rules.Options{})
		require.NoError(t, err)
		s.program = p
		_, err = s.start("never")
		require.ErrorIs(t, err, backfill.ErrCold)
	})
}
