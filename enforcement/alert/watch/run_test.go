package watch_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

// looker answers as it is told. It is safe for concurrent use.
type looker struct {
	mu    sync.Mutex
	found []alert.Finding
	err   error
	looks int
	hangs bool
}

func (l *looker) Look(ctx context.Context) ([]alert.Finding, error) {
	l.mu.Lock()
	hangs := l.hangs
	l.looks++
	l.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.found, l.err
}

func (l *looker) set(err error, found ...alert.Finding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found, l.err = found, err
}

func (l *looker) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.looks
}

// lead leads as it is told.
type lead struct {
	mu       sync.Mutex
	has      bool
	err      error
	released bool
}

func (l *lead) Hold(context.Context, time.Time) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.has, l.err
}

func (l *lead) Release(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = true
	return nil
}

func (l *lead) set(has bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.has, l.err = has, err
}

// desk takes findings.
type desk struct {
	mu       sync.Mutex
	err      error
	reported map[string]int // by pattern and group
	tended   int
}

func (d *desk) Report(_ context.Context, findings ...alert.Finding) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	for _, f := range findings {
		d.reported[string(f.Pattern)+"/"+f.Group]++
	}
	return nil
}

func (d *desk) Tend(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tended++
	return d.err
}

func (d *desk) set(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *desk) of(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reported[name]
}

func finding(p alert.Pattern, group string) alert.Finding {
	words := alert.Text{ZH: "有事", EN: "something"}
	return alert.Finding{Pattern: p, Group: group, Severity: notify.Warning, What: words, Evidence: words, Next: words}
}

// watching runs a Runner in a bubble of its own time.
func watching(t *testing.T, tasks func(l *looker) []watch.Task, test func(l *looker, lead *lead, desk *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, leader, d := &looker{}, &lead{has: true}, &desk{reported: map[string]int{}}
		r, err := watch.New(d, leader, tasks(l), watch.Options{})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		test(l, leader, d)
		cancel()
		require.NoError(t, <-ended)
		has, _ := leader.Hold(t.Context(), time.Now())
		assert.Equal(t, has, leader.released, "who leads gives it up")
	})
}

// pass lets time pass in the bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's time, which takes none
	synctest.Wait()
}

func traffics(l *looker) []watch.Task {
	return []watch.Task{{Name: "surge", Look: l, Every: 2 * time.Second, Timeout: time.Second, Reads: watch.ClickHouse}}
}

func TestWhatIsFoundIsReportedAtOnceAndAgain(t *testing.T) {
	watching(t, traffics, func(l *looker, _ *lead, d *desk) {
		pass(time.Second)
		assert.Equal(t, 1, l.count())
		l.set(nil, finding(alert.HostileSurge, ""))
		pass(10 * time.Second)
		assert.InDelta(t, 5, d.of("hostile_surge/"), 1)
		assert.Positive(t, d.tended)
		l.set(nil)
		before := d.of("hostile_surge/")
		pass(time.Minute)
		assert.LessOrEqual(t, d.of("hostile_surge/"), before+1, "what is over is not reported")
	})
}

func TestASlowWatcherKeepsItsAlertOpen(t *testing.T) {
	slow := func(l *looker) []watch.Task {
		return []watch.Task{{Name: "rates", Look: l, Every: time.Hour, Timeout: time.Second}}
	}
	watching(t, slow, func(l *looker, _ *lead, d *desk) {
		l.set(nil, finding(alert.MissRateMoved, ""))
		pass(59 * time.Minute)
		assert.LessOrEqual(t, l.count(), 1)
		if l.count() == 1 && d.of("miss_rate_moved/") == 0 {
			return // it looked before there was anything to find
		}
		assert.InDelta(t, 118, d.of("miss_rate_moved/"), 3)
	})
}

func TestASourceThatIsAway(t *testing.T) {
	watching(t, traffics, func(l *looker, _ *lead, d *desk) {
		l.set(nil, finding(alert.HostileSurge, ""))
		pass(5 * time.Second)
		l.set(errors.New("away"))
		pass(4 * time.Second)
		assert.Zero(t, d.of("engine_degraded/clickhouse"), "twice is not yet away")
		pass(4 * time.Minute)
		assert.Positive(t, d.of("engine_degraded/clickhouse"))
		assert.Greater(t, d.of("hostile_surge/"), 8, "that nobody can look is no sign that it is over")
		before := d.of("hostile_surge/")
		pass(time.Hour)
		within := d.of("hostile_surge/")
		assert.Greater(t, within, before)
		pass(time.Hour)
		assert.Equal(t, within, d.of("hostile_surge/"), "but not for ever")
		l.set(nil)
		pass(5 * time.Second)
		before = d.of("engine_degraded/clickhouse")
		pass(time.Minute)
		assert.Equal(t, before, d.of("engine_degraded/clickhouse"))
	})
}

func TestAWatcherThatHangsHoldsUpNobody(t *testing.T) {
	other := &looker{}
	both := func(l *looker) []watch.Task {
		l.hangs = true
		return append(traffics(l), watch.Task{Name: "engines", Look: other, Every: 2 * time.Second, Timeout: time.Second})
	}
	watching(t, both, func(l *looker, _ *lead, d *desk) {
		other.set(nil, finding(alert.EngineDegraded, "clickhouse"))
		pass(30 * time.Second)
		assert.Greater(t, other.count(), 10)
		assert.Greater(t, l.count(), 5, "each look ends with its time limit")
		assert.Positive(t, d.of("engine_degraded/clickhouse"))
	})
}

func TestSQLIsAway(t *testing.T) {
	watching(t, traffics, func(l *looker, leader *lead, d *desk) {
		pass(time.Second)
		leader.set(false, errors.New("away"))
		d.set(errors.New("away"))
		l.set(nil, finding(alert.EngineDegraded, "sql"))
		pass(30 * time.Second)
		assert.Greater(t, l.count(), 10, "it goes on watching")
		l.set(nil)
		pass(10 * time.Second)
		assert.Zero(t, d.of("engine_degraded/sql"))
		leader.set(true, nil)
		d.set(nil)
		pass(20 * time.Second)
		assert.Equal(t, 1, d.of("engine_degraded/sql"), "told once it can be")
	})
}

func TestBadFindingsAreLeftOut(t *testing.T) {
	watching(t, traffics, func(l *looker, _ *lead, d *desk) {
		l.set(nil, alert.Finding{Pattern: "nothing"}, finding(alert.HostileSurge, ""))
		pass(10 * time.Second)
		assert.Positive(t, d.of("hostile_surge/"))
		assert.Zero(t, d.of("nothing/"))
	})
}

func TestOnlyOneOfAFleetWatches(t *testing.T) {
	watching(t, traffics, func(l *looker, leader *lead, d *desk) {
		l.set(nil, finding(alert.HostileSurge, ""))
		pass(3 * time.Second)
		leader.set(false, nil)
		pass(10 * time.Second)
		looks, reports := l.count(), d.of("hostile_surge/")
		pass(time.Minute)
		assert.Equal(t, looks, l.count())
		assert.Equal(t, reports, d.of("hostile_surge/"))
		leader.set(true, nil)
		pass(10 * time.Second)
		assert.Greater(t, l.count(), looks)
	})
}

func TestTasksThatCannotBe(t *testing.T) {
	fine := watch.Task{Name: "a", Look: &looker{}, Every: time.Second, Timeout: time.Second}
	change := func(c func(*watch.Task)) []watch.Task { bad := fine; c(&bad); return []watch.Task{bad} }
	for name, tasks := range map[string][]watch.Task{
		"no name":           change(func(t *watch.Task) { t.Name = "" }),
		"no looker":         change(func(t *watch.Task) { t.Look = nil }),
		"no rhythm":         change(func(t *watch.Task) { t.Every = 0 }),
		"no time limit":     change(func(t *watch.Task) { t.Timeout = 0 }),
		"an unknown engine": change(func(t *watch.Task) { t.Reads = "oracle" }),
		"twice one name":    {fine, fine},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := watch.New(&desk{}, &lead{}, tasks, watch.Options{})
			require.ErrorContains(t, err, "watcher")
		})
	}
}

func TestLease(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		open := func(site string) *watch.Lease {
			l, err := watch.OpenLease(t.Context(), db, site)
			require.NoError(t, err)
			return l
		}
		hold := func(l *watch.Lease, now time.Time) bool {
			has, err := l.Hold(t.Context(), now)
			require.NoError(t, err)
			return has
		}
		one, two := open(site), open(site)
		now := opening
		assert.True(t, hold(one, now))
		assert.False(t, hold(two, now))
		assert.True(t, hold(open("theatre"), now), "another site is another watch")
		now = now.Add(watch.LeaseTime - time.Second)
		assert.True(t, hold(one, now), "renewed")
		now = now.Add(2 * time.Second)
		assert.False(t, hold(two, now))
		now = now.Add(watch.LeaseTime)
		assert.True(t, hold(two, now), "the first was gone")
		assert.False(t, hold(one, now))
		require.NoError(t, one.Release(t.Context()), "of what it does not have")
		assert.False(t, hold(one, now))
		require.NoError(t, two.Release(t.Context()))
		assert.True(t, hold(one, now))

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := one.Hold(ended, now)
		require.Error(t, err)
	})
}

// letters is an outbox that keeps what is told.
type letters struct {
	mu   sync.Mutex
	told []notify.Kind
	keys map[string]bool
}

func (l *letters) Append(_ context.Context, _ *sql.Tx, m notify.Message) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys[m.Key] {
		return 0, nil
	}
	l.keys[m.Key] = true
	l.told = append(l.told, m.Kind)
	return 1, m.Validate()
}

func (l *letters) Wake() {}

// TestTheLifeOfAnAttack runs real watchers on real alerts: an attack is told of,
// taken, and over by itself two minutes after the last of it.
func TestTheLifeOfAnAttack(t *testing.T) {
	now := &clock{now: opening}
	db, box := sqldbtest.SQLite(t), &letters{keys: map[string]bool{}}
	alerts, err := alert.New(t.Context(), db, site, box, alert.Options{Now: now.Now})
	require.NoError(t, err)
	attack := []live.Traffic{{Pool: "main", Requests: 1000, Hostile: 900, Blocked: 900, Accounts: 80, Sources: 80}}
	calm := []live.Traffic{{Pool: "main", Requests: 1000, Hostile: 20, Blocked: 20, Accounts: 2, Sources: 2}}
	second := func(rows []live.Traffic) {
		t.Helper()
		now.advance(2 * time.Second)
		w := watch.NewSurge(traffic{minute: rows}, site, watch.SurgeOptions{Now: now.Now})
		require.NoError(t, alerts.Report(t.Context(), look(t, w)...))
		require.NoError(t, alerts.Tend(t.Context()))
	}
	open := func() []alert.Alert {
		list, err := alerts.List(t.Context(), alert.Filter{Open: true})
		require.NoError(t, err)
		return list
	}
	second(calm)
	assert.Empty(t, open())
	for range 30 {
		second(attack)
	}
	require.Len(t, open(), 1, "one attack is one alert")
	assert.Equal(t, []notify.Kind{notify.AlertFired}, box.told, "told once")
	_, err = alerts.Acknowledge(t.Context(), open()[0].ID, "li.na")
	require.NoError(t, err)
	for range 59 {
		second(calm)
	}
	require.Len(t, open(), 1)
	second(calm)
	assert.Empty(t, open(), "over by itself")
	assert.Equal(t, []notify.Kind{notify.AlertFired, notify.AlertClosed}, box.told)
}
