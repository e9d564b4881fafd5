package jobs_test

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/backtesttest"
	"fairgate/enforcement/backtest/jobs"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/rules/life"
)

// today is the clock's moment; the traffic is yesterday's, in UTC+8.
func today() time.Time { return time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC) }

// traffic is a history of n events with so many people labelled.
func traffic(n, people int) *backtesttest.Memory {
	m := &backtesttest.Memory{Site: "museum", Known: map[string]enforcement.LabelValue{}}
	for e := range backtesttest.Events(backtesttest.Traffic{Seed: 1, Accounts: 60, Scalpers: 10}, n) {
		m.List = append(m.List, *e)
	}
	for i := range people {
		m.Known[backtesttest.Person(i)] = enforcement.LabelHuman
	}
	return m
}

// texts are the stored rulesets by version; "" is in force.
type texts map[string]string

func (t texts) Text(_ context.Context, version string) (string, error) {
	if text, ok := t[version]; ok {
		return text, nil
	}
	return "", errors.New("no such version")
}

const lenient = `
name: museum
features: [{name: orders, entity: account, events: [order.submit], window: 1h, aggregate: count}]
rules: [{id: many, when: orders > 1000, on: account, action: block, ttl: 1h, reason: pace}]
`

const harsh = `
name: museum
features: [{name: orders, entity: account, events: [order.submit], window: 1h, aggregate: count}]
rules: [{id: many, when: orders > 1, on: account, action: block, ttl: 1h, reason: pace}]
`

func open(t *testing.T, db *sqldb.DB, source backtest.Source) *jobs.Service {
	t.Helper()
	s, err := jobs.Open(t.Context(), db, source, texts{"": lenient, "2": harsh}, jobs.Options{Poll: 5 * time.Millisecond, Now: today})
	require.NoError(t, err)
	return s
}

// both runs test on every database, with as many empty ones as it asks for.
func both(t *testing.T, test func(t *testing.T, empty func(*testing.T) *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, sqldbtest.SQLite) })
	t.Run("postgres", func(t *testing.T) { test(t, sqldbtest.Postgres) })
}

// run works until the test ends.
func run(t *testing.T, s *jobs.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once atomic.Bool
	stop = func() {
		if !once.Swap(true) {
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	return stop
}

func request(text, version string) jobs.Request {
	return jobs.Request{From: today().Add(-48 * time.Hour), To: today(), Text: text, Version: version, Actor: "ana"}
}

func over(t *testing.T, s *jobs.Service, id string) jobs.Job {
	t.Helper()
	var job jobs.Job
	require.Eventually(t, func() bool {
		var err error
		job, err = s.Get(t.Context(), id)
		require.NoError(t, err)
		return job.State.Over()
	}, 20*time.Second, 5*time.Millisecond)
	return job
}

func TestAJobRunsAndItsResultIsKept(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := open(t, db, traffic(3000, 40))
		submitted, err := s.Submit(t.Context(), request("", "2"))
		require.NoError(t, err)
		assert.Equal(t, jobs.Waiting, submitted.State)
		_, err = s.Submit(t.Context(), request(harsh, ""))
		require.ErrorIs(t, err, jobs.ErrBusy, "one waits already")
		run(t, s)
		job := over(t, s, submitted.ID)
		require.Equal(t, jobs.Done, job.State, job.Error)
		assert.EqualValues(t, 3000, job.Result.Events)
		assert.EqualValues(t, 3000, job.Position.Events)
		assert.Equal(t, 1.0, job.Share)
		assert.Equal(t, job.Version, job.Result.New.Version)
		assert.Equal(t, job.Against, job.Result.Against.Version)
		assert.Positive(t, job.Result.NewlyBlocked.Human)
		list, err := s.List(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Nil(t, list[0].Result)
	})
}

func TestBadRequestsAreRefusedWhole(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := open(t, db, traffic(10, 0))
		for name, c := range map[string]struct {
			change func(*jobs.Request)
			want   string
		}{
			"neither":         {func(r *jobs.Request) { r.Text = "" }, "either a text or a stored version"},
			"both":            {func(r *jobs.Request) { r.Version = "2" }, "either a text or a stored version"},
			"too large":       {func(r *jobs.Request) { r.Text = string(make([]byte, jobs.MaxText+1)) }, "at most 4194304"},
			"backwards":       {func(r *jobs.Request) { r.From, r.To = r.To, r.From }, "is not after from"},
			"empty period":    {func(r *jobs.Request) { r.From = r.To }, "is not after from"},
			"no period":       {func(r *jobs.Request) { r.From = time.Time{} }, "both needed"},
			"too long":        {func(r *jobs.Request) { r.From = r.To.Add(-191 * 24 * time.Hour) }, "at most"},
			"nobody":          {func(r *jobs.Request) { r.Actor = "" }, "actor"},
			"broken":          {func(r *jobs.Request) { r.Text = "rules: [{id: x, when: nonsense > 1}]" }, "nonsense"},
			"unknown version": {func(r *jobs.Request) { r.Text, r.Version = "", "9" }, "no such version"},
			"unknown against": {func(r *jobs.Request) { r.Against = "9" }, "against: no such version"},
		} {
			t.Run(name, func(t *testing.T) {
				r := request(lenient, "")
				c.change(&r)
				_, err := s.Submit(t.Context(), r)
				require.ErrorIs(t, err, jobs.ErrBadRequest)
				require.ErrorContains(t, err, c.want)
			})
		}
		list, err := s.List(t.Context(), 10)
		require.NoError(t, err)
		assert.Empty(t, list)
		_, err = s.Get(t.Context(), "x")
		require.ErrorIs(t, err, jobs.ErrNotFound)
		_, err = s.Cancel(t.Context(), "x", "ana")
		require.ErrorIs(t, err, jobs.ErrNotFound)
	})
}

// held is a history that stops after some events until its context ends.
type held struct {
	*backtesttest.Memory
	reached chan struct{}
}

func (h held) Events(ctx context.Context, from, to time.Time, needs backtest.Needs, spare backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		for events, err := range h.Memory.Events(ctx, from, to, needs, spare) {
			if !yield(events, err) {
				return
			}
			close(h.reached)
			<-ctx.Done()
			yield(nil, ctx.Err())
			return
		}
	}
}

func TestCancel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		source := held{traffic(3000, 0), make(chan struct{})}
		s := open(t, db, source)
		run(t, s)
		first, err := s.Submit(t.Context(), request(harsh, ""))
		require.NoError(t, err)
		<-source.reached
		second, err := s.Submit(t.Context(), request(harsh, ""))
		require.NoError(t, err, "one runs, one waits")
		waiting, err := s.Cancel(t.Context(), second.ID, "li")
		require.NoError(t, err)
		assert.Equal(t, jobs.Cancelled, waiting.State)
		_, err = s.Cancel(t.Context(), second.ID, "li")
		require.ErrorIs(t, err, jobs.ErrOver)
		_, err = s.Cancel(t.Context(), first.ID, "li")
		require.NoError(t, err)
		job := over(t, s, first.ID)
		assert.Equal(t, jobs.Cancelled, job.State)
		assert.Equal(t, "li", job.CancelledBy)
		assert.Contains(t, job.Error, "of about 3000 events")
	})
}

// asked is evidence that is being read when somebody cancels, at the very end.
type asked struct{ reached chan struct{} }

func (a asked) People(ctx context.Context, _ string, _ []string) (int, error) {
	close(a.reached)
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestCancelledAsItEnds(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		people := asked{make(chan struct{})}
		s, err := jobs.Open(t.Context(), db, traffic(3000, 0), texts{"": lenient, "2": harsh}, jobs.Options{Poll: 5 * time.Millisecond, Now: today, People: people})
		require.NoError(t, err)
		run(t, s)
		job, err := s.Submit(t.Context(), request(harsh, ""))
		require.NoError(t, err)
		<-people.reached
		_, err = s.Cancel(t.Context(), job.ID, "li")
		require.NoError(t, err)
		job = over(t, s, job.ID)
		assert.Equal(t, jobs.Cancelled, job.State)
		assert.Equal(t, "li", job.CancelledBy)
		assert.Equal(t, "cancelled as it ended", job.Error)
		assert.Nil(t, job.Result)
	})
}

func TestAProcessThatEndsInterruptsItsJob(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		source := held{traffic(3000, 0), make(chan struct{})}
		s := open(t, db, source)
		stop := run(t, s)
		job, err := s.Submit(t.Context(), request(harsh, ""))
		require.NoError(t, err)
		<-source.reached
		stop()
		job = over(t, s, job.ID)
		assert.Equal(t, jobs.Interrupted, job.State)

		// One that was killed leaves no word: its silence is noticed.
		_, err = db.Write.Exec(`UPDATE backtests SET state = 'running', ended_ms = 0, beat_ms = ` +
			strconv.FormatInt(today().Add(-time.Minute).UnixMilli(), 10))
		require.NoError(t, err)
		_, err = open(t, db, source).Submit(t.Context(), request(harsh, ""))
		require.NoError(t, err)
		job = over(t, s, job.ID)
		assert.Equal(t, jobs.Interrupted, job.State)
		assert.Contains(t, job.Error, "start it again")
	})
}

func TestARunThatFailsSaysWhy(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := open(t, db, traffic(10, 0))
		run(t, s)
		r := request(harsh, "")
		r.From, r.To = today().Add(-24*30*time.Hour), today().Add(-24*29*time.Hour)
		job, err := s.Submit(t.Context(), r)
		require.NoError(t, err)
		job = over(t, s, job.ID)
		assert.Equal(t, jobs.Failed, job.State)
		assert.Contains(t, job.Error, backtest.ErrNoHistory.Error())
	})
}

func program(t *testing.T, text string) *rules.Program {
	t.Helper()
	p, err := rules.Load("r.yaml", []byte(text), rules.Options{})
	require.NoError(t, err)
	return p
}

func TestTheGateAsksForABacktestWithinTheBudget(t *testing.T) {
	both(t, func(t *testing.T, empty func(*testing.T) *sqldb.DB) {
		venue := time.FixedZone("UTC+8", 8*60*60)
		check := func(s *jobs.Service, text string) []life.Objection {
			t.Helper()
			objections, err := s.NewGate(jobs.DefaultBudget, venue).Check(t.Context(), nil, program(t, text))
			require.NoError(t, err)
			for _, o := range objections {
				assert.Equal(t, life.ObjectionBudget, o.Kind)
				assert.True(t, o.Overridable)
			}
			return objections
		}
		for _, c := range []struct {
			name   string
			people int
			text   string
			want   string // empty: no objection
		}{
			{"within the budget", 50, lenient, ""},
			{"beyond it", 50, harsh, "more than the budget of 0.1 %"},
			{"beyond it, few labels", 5, harsh, "people that are labelled"},
			{"no labels", 0, harsh, ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := open(t, empty(t), traffic(3000, c.people))
				objections := check(s, c.text)
				require.Len(t, objections, 1)
				assert.Contains(t, objections[0].Text, "run one first")
				run(t, s)
				job, err := s.Submit(t.Context(), request(c.text, ""))
				require.NoError(t, err)
				require.Equal(t, jobs.Done, over(t, s, job.ID).State)
				objections = check(s, c.text)
				if c.want == "" {
					assert.Empty(t, objections)
					return
				}
				require.Len(t, objections, 1)
				assert.Contains(t, objections[0].Text, c.want)
				assert.True(t, objections[0].Bars, "its author mends it first")
				if strings.Contains(c.want, "budget") {
					require.NotNil(t, objections[0].Harm)
					assert.InDelta(t, jobs.DefaultBudget, objections[0].Harm.Limit, 1e-12)
					assert.Positive(t, objections[0].Harm.People)
				}
			})
		}
		t.Run("nobody came yesterday", func(t *testing.T) {
			assert.Empty(t, check(open(t, empty(t), &backtesttest.Memory{}), harsh))
		})
		t.Run("nobody came yesterday, and other days speak against it", func(t *testing.T) {
			db := empty(t)
			s := open(t, db, traffic(3000, 50))
			run(t, s)
			job, err := s.Submit(t.Context(), request(harsh, ""))
			require.NoError(t, err)
			require.Equal(t, jobs.Done, over(t, s, job.ID).State)
			quiet := open(t, db, &backtesttest.Memory{})
			objections := check(quiet, harsh)
			require.Len(t, objections, 1)
			assert.Contains(t, objections[0].Text, "more than the budget of 0.1 %")
			assert.Empty(t, check(quiet, lenient), "none is asked for")
		})
		t.Run("the ledger is away", func(t *testing.T) {
			objections := check(open(t, empty(t), away{&backtesttest.Memory{}}), harsh)
			require.Len(t, objections, 1)
			assert.Contains(t, objections[0].Text, "cannot be read now")
		})
		t.Run("another version's backtest", func(t *testing.T) {
			s := open(t, empty(t), traffic(3000, 50))
			run(t, s)
			job, err := s.Submit(t.Context(), request(lenient, ""))
			require.NoError(t, err)
			over(t, s, job.ID)
			require.Len(t, check(s, harsh), 1)
		})
		t.Run("another day's backtest", func(t *testing.T) {
			s := open(t, empty(t), traffic(3000, 50))
			run(t, s)
			r := request(lenient, "")
			r.To = today().Add(-26*time.Hour + time.Second) // the first second of the traffic
			job, err := s.Submit(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, jobs.Done, over(t, s, job.ID).State)
			require.Len(t, check(s, lenient), 1)
		})
	})
}

// TestTheGateGoesByEvidenceWhereLabelsAreTooFew: nobody is labelled.
func TestTheGateGoesByEvidenceWhereLabelsAreTooFew(t *testing.T) {
	both(t, func(t *testing.T, empty func(*testing.T) *sqldb.DB) {
		for name, c := range map[string]struct {
			people backtest.People
			want   string // empty: no objection
			note   string
		}{
			"no evidence":          {everySo(0), "", "Of 69 newly blocked accounts without a label 0 have evidence of a person"},
			"evidence":             {everySo(10), "newly block 6 accounts that a person stands behind", "Of 69 newly blocked accounts without a label 6 have evidence"},
			"evidence not to hand": {unreadable{}, "", "could not be read: away"},
			"nobody knows":         {nil, "", "Too few people are labelled (0, of at least 30)"},
		} {
			t.Run(name, func(t *testing.T) {
				s, err := jobs.Open(t.Context(), empty(t), traffic(3000, 0), texts{"": lenient},
					jobs.Options{Poll: 5 * time.Millisecond, Now: today, People: c.people})
				require.NoError(t, err)
				run(t, s)
				job, err := s.Submit(t.Context(), request(harsh, ""))
				require.NoError(t, err)
				job = over(t, s, job.ID)
				require.Equal(t, jobs.Done, job.State)
				assert.Contains(t, strings.Join(job.Result.Notes, " "), c.note)
				objections, err := s.NewGate(jobs.DefaultBudget, time.UTC).Check(t.Context(), nil, program(t, harsh))
				require.NoError(t, err)
				if c.want == "" {
					assert.Empty(t, objections)
					return
				}
				require.Len(t, objections, 1)
				assert.Contains(t, objections[0].Text, c.want)
				assert.True(t, objections[0].Overridable)
			})
		}
	})
}

// everySo finds evidence for one of so many accounts.
type everySo int

func (n everySo) People(_ context.Context, _ string, accounts []string) (int, error) {
	if n == 0 {
		return 0, nil
	}
	return len(accounts) / int(n), nil
}

type unreadable struct{}

func (unreadable) People(context.Context, string, []string) (int, error) {
	return 0, errors.New("away")
}

type away struct{ *backtesttest.Memory }

func (away) Extent(context.Context, time.Time, time.Time) (backtest.Extent, error) {
	return backtest.Extent{}, errors.New("away")
}
