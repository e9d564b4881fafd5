package ticketing_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// counting is a job whose runs are kept.
type counting struct {
	mu   sync.Mutex
	runs []string // the progress each began with
	next ticketing.JobResult
	err  error
}

func (c *counting) job(name string, every time.Duration, at ticketing.Clock) ticketing.Job {
	return ticketing.Job{Name: name, Every: every, At: at, Run: func(_ context.Context, progress string) (ticketing.JobResult, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.runs = append(c.runs, progress)
		return c.next, c.err
	}}
}

func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.runs)
}

// state reads how one job stands.
func (f *fixture) state(name string) ticketing.JobView {
	f.t.Helper()
	jobs, err := f.Jobs(f.t.Context())
	require.NoError(f.t, err)
	for _, j := range jobs {
		if j.Name == name {
			return j
		}
	}
	f.t.Fatalf("no job %q among %d", name, len(jobs))
	return ticketing.JobView{}
}

func (f *fixture) runDue() {
	f.t.Helper()
	_, err := f.RunDue(f.t.Context())
	require.NoError(f.t, err)
}

func TestJobsRunWhenTheyAreDueAndOutliveTheProcess(t *testing.T) {
	t.Parallel()
	hourly, daily := &counting{next: ticketing.JobResult{Progress: "here", Report: "2 left"}}, &counting{}
	f := newFixture(t, ticketing.Options{Jobs: []ticketing.Job{hourly.job("hourly", time.Hour, ""), daily.job("daily", 0, "03:30")}})
	require.NoError(t, f.PlanJobs(t.Context()))
	f.runDue()
	f.runDue()
	assert.Equal(t, []string{""}, hourly.runs, "due at once, and then not again")
	assert.Empty(t, daily.runs)
	assert.Equal(t, time.Date(2026, 5, 1, 19, 30, 0, 0, time.UTC), f.state("daily").NextDue, "03:30 the next day at the venue")
	state := f.state("hourly")
	assert.Equal(t, "2 left", state.Report)
	assert.Equal(t, opening(), state.LastStarted)
	assert.Equal(t, opening().Add(time.Hour), state.NextDue)

	// Another process on the same store knows when, and where to go on.
	again, err := ticketing.NewService(f.store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) },
		ticketing.Options{Jobs: []ticketing.Job{hourly.job("hourly", time.Hour, "")}})
	require.NoError(t, err)
	require.NoError(t, again.PlanJobs(t.Context()))
	_, err = again.RunDue(t.Context())
	require.NoError(t, err)
	assert.Len(t, hourly.runs, 1)
	f.pass(time.Hour)
	_, err = again.RunDue(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"", "here"}, hourly.runs)
	f.pass(15 * time.Hour)
	f.runDue()
	assert.Len(t, daily.runs, 1)
	assert.Equal(t, time.Date(2026, 5, 2, 19, 30, 0, 0, time.UTC), f.state("daily").NextDue)
}

func TestAFailedJobSaysSoAndIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	bad, good := &counting{err: errors.New(strings.Repeat("x", 600))}, &counting{next: ticketing.JobResult{More: true, Progress: "p"}}
	f := newFixture(t, ticketing.Options{Jobs: []ticketing.Job{bad.job("bad", time.Hour, ""), good.job("good", time.Hour, "")}})
	require.NoError(t, f.PlanJobs(t.Context()))
	f.runDue()
	assert.Equal(t, 1, good.count(), "one job's failure does not keep the others")
	assert.Len(t, f.state("bad").LastError, 500)
	f.pass(4 * time.Minute)
	f.runDue()
	assert.Equal(t, 1, bad.count())
	assert.Equal(t, []string{"", "p"}, good.runs, "whoever has more to do goes on at once")
	bad.err = nil
	f.pass(time.Minute)
	f.runDue()
	assert.Equal(t, 2, bad.count())
	assert.Empty(t, f.state("bad").LastError)
}

// TestAFleetRunsAJobOnce lets many processes look for due jobs at once.
func TestAFleetRunsAJobOnce(t *testing.T) {
	t.Parallel()
	const processes = 8
	c := &counting{}
	f := newFixture(t, ticketing.Options{})
	var group sync.WaitGroup
	for range processes {
		s, err := ticketing.NewService(f.store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) },
			ticketing.Options{Jobs: []ticketing.Job{c.job("once", time.Hour, "")}})
		require.NoError(t, err)
		group.Go(func() {
			planned := s.PlanJobs(t.Context())
			_, err := s.RunDue(t.Context())
			assert.NoError(t, errors.Join(planned, err))
		})
	}
	group.Wait()
	assert.Equal(t, 1, c.count())
}

// TestAJobOfACrashedProcessIsTakenOver claims a job and never finishes it.
func TestAJobOfACrashedProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	c := &counting{}
	f := newFixture(t, ticketing.Options{Jobs: []ticketing.Job{c.job("late", time.Hour, "")}})
	require.NoError(t, f.PlanJobs(t.Context()))
	require.NoError(t, f.store.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		_, mine, err := tx.ClaimJob(ctx, "late", "crashed", opening(), opening().Add(2*time.Minute))
		assert.True(t, mine)
		return err
	}))
	f.runDue()
	assert.Equal(t, 0, c.count())
	f.pass(2 * time.Minute)
	f.runDue()
	assert.Equal(t, 1, c.count())
}

func TestRunDoesJobsBesideTheFastOnes(t *testing.T) {
	t.Parallel()
	blocked, entered := make(chan struct{}), make(chan struct{})
	f := newFixture(t, ticketing.Options{JobInterval: time.Millisecond, Jobs: []ticketing.Job{{
		Name: "slow", Every: time.Hour, Run: func(ctx context.Context, _ string) (ticketing.JobResult, error) {
			close(entered)
			<-ctx.Done()
			close(blocked)
			return ticketing.JobResult{Progress: "half"}, ctx.Err()
		},
	}}})
	f.pool("main", 100, 10)
	o := f.book(f.person(1), booking("main", 1))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	<-entered
	f.pass(time.Hour)
	require.Eventually(t, func() bool {
		got, err := f.Order(t.Context(), o.AccountID, o.ID)
		return err == nil && got.State == ticketing.StateExpired
	}, 10*time.Second, 5*time.Millisecond, "holds expire while a slow job runs")
	cancel()
	require.NoError(t, <-ended)
	<-blocked
	state := f.state("slow")
	assert.Equal(t, "half", state.Progress, "a job that was ended goes on where it was")
	assert.False(t, state.NextDue.After(opening().Add(time.Hour)))
}

func TestUnusableJobsAreRefused(t *testing.T) {
	t.Parallel()
	c := &counting{}
	for name, jobs := range map[string][]ticketing.Job{
		"nameless": {c.job("", time.Hour, "")}, "nothing to run": {{Name: "a", Every: time.Hour}},
		"twice": {c.job("a", time.Hour, ""), c.job("a", time.Hour, "")}, "the service's": {c.job("forget", time.Hour, "")},
		"never": {c.job("a", 0, "")}, "no time of day": {c.job("a", 0, "25:00")},
	} {
		_, err := ticketing.NewService(nil, ticketing.Keys{
			Encryption: keys().Encryption, Lookup: keys().Lookup, Session: ed25519.NewKeyFromSeed(make([]byte, 32)),
		}, time.Now, ticketing.Options{Jobs: jobs})
		require.ErrorContains(t, err, "jobs[", name)
	}
}
