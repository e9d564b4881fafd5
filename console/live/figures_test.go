package live_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console/engines"
	"fairgate/console/live"
	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
	"fairgate/ingest/pulse"
)

// world is everything that frames are made of.
type world struct {
	records []pulse.Record
	alerts  []alert.Alert
	pools   []live.Pool
	release live.Release
	err     error         // of all of them
	takes   time.Duration // every answer
	reads   int           // of pools
}

func (w *world) wait(ctx context.Context) error {
	select {
	case <-time.After(w.takes):
		return w.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) All(ctx context.Context) ([]pulse.Record, error) { return w.records, w.wait(ctx) }

func (w *world) List(ctx context.Context, f alert.Filter) ([]alert.Alert, error) {
	if !f.Open {
		return nil, errors.New("only open ones are wanted")
	}
	return w.alerts, w.wait(ctx)
}

func (w *world) Pools(ctx context.Context) ([]live.Pool, error) {
	w.reads++
	return w.pools, w.wait(ctx)
}

func (w *world) Release(ctx context.Context, pool, _ string) (live.Release, error) {
	if pool == "none" {
		return live.Release{}, live.ErrNoRelease
	}
	return w.release, w.wait(ctx)
}

func (w *world) Engines() []engines.Engine {
	return []engines.Engine{{Name: "redis", State: engines.Up}}
}

func (w *world) Routes() []engines.Route {
	return []engines.Route{{ID: "submit", FailMode: "degraded"}}
}

func (w *world) Health(context.Context) engines.Health {
	return engines.Health{Engines: w.Engines(), Known: true}
}

func (w *world) figures() *live.Figures {
	return live.NewFigures(live.Parts{Pulses: w, Health: w, Alerts: w, House: w}, nil)
}

func overview(t *testing.T, f *live.Figures) live.Overview {
	t.Helper()
	frame, err := f.Frame(t.Context(), live.TopicOverview, time.Now())
	require.NoError(t, err)
	o, ok := frame.(live.Overview)
	require.True(t, ok)
	return o
}

func TestOverview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soon := time.Now().Add(9 * time.Minute)
		w := &world{
			records: []pulse.Record{gateway("a", "1", time.Now(), 10, 0, 0, 10, 0, 0, 0)},
			alerts: []alert.Alert{
				{ID: "n", Severity: notify.Notice, Since: time.Now()},
				{ID: "u", Severity: notify.Urgent, Pattern: alert.HostileSurge, Since: time.Now()},
				{ID: "s", Severity: notify.Urgent, SilencedUntil: time.Now().Add(time.Hour)},
			},
			pools: []live.Pool{{Pool: "main", Left: 3, Next: &live.Stage{Pool: "main", Stage: 2, At: soon}}},
		}
		f := w.figures()
		first := overview(t, f)
		assert.Nil(t, first.Traffic, "no rate yet")
		assert.Equal(t, live.AlertCounts{Urgent: 1, Notice: 1, Silenced: 1, AsOf: first.Alerts.AsOf}, first.Alerts)
		assert.True(t, first.Attack)
		assert.False(t, first.Degraded)
		assert.Equal(t, live.Soon, first.Sale.Phase)
		assert.Len(t, first.Routes, 1)

		pass(time.Second)
		r := gateway("a", "1", time.Now(), 30, 0, 0, 30, 0, 0, 0)
		r.Degraded = true
		w.records = []pulse.Record{r}
		second := overview(t, f)
		assert.InDelta(t, 20, second.Traffic.Requests, 1e-9)
		assert.Equal(t, 1, second.Failing)
		assert.True(t, second.Degraded)
		assert.Equal(t, 1, w.reads, "pools are read every two seconds")

		frame, err := f.Frame(t.Context(), live.TopicAlerts, time.Now())
		require.NoError(t, err)
		alerts, ok := frame.(live.Alerts)
		require.True(t, ok)
		assert.Equal(t, "n", alerts.Alerts[2].ID, "the most severe first")
	})
}

func TestAnEngineThatIsAwayLeavesFiguresWithTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{pools: []live.Pool{{Pool: "main", Left: 3}}, alerts: []alert.Alert{{ID: "n", Severity: notify.Notice}}}
		f := w.figures()
		before := overview(t, f)
		pass(5 * time.Second)
		w.err = errors.New("away")
		after := overview(t, f)
		assert.Equal(t, before.Pools, after.Pools)
		assert.Equal(t, before.PoolsAt, after.PoolsAt)
		assert.Nil(t, after.Sale, "what the sale is at is not known")
		assert.Equal(t, before.Alerts.AsOf, after.Alerts.AsOf)
		assert.Equal(t, 1, after.Alerts.Notice)
	})
}

func TestASlowEngineDelaysNoFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{pools: []live.Pool{{Pool: "main"}}, takes: 2 * time.Second}
		f := w.figures()
		began := time.Now()
		first := overview(t, f)
		assert.Less(t, time.Since(began), 500*time.Millisecond)
		assert.Empty(t, first.Pools)
		pass(3 * time.Second)
		assert.Len(t, overview(t, f).Pools, 1, "what came later is there now")
		synctest.Wait()
		pass(3 * time.Second) // what was asked for last comes
	})
}

func TestReleaseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{release: live.Release{Capacity: 10, Left: 4, Stages: []live.ReleaseStage{{Stage: 1, Sold: 6}}}}
		f := w.figures()
		frame := func(pool string) live.Release {
			got, err := f.Frame(t.Context(), live.ReleaseTopic(pool, "2026-05-10"), time.Now())
			require.NoError(t, err)
			r, ok := got.(live.Release)
			require.True(t, ok)
			return r
		}
		got := frame("main")
		assert.Equal(t, 4, got.Left)
		assert.Equal(t, "main", got.Pool)
		assert.Empty(t, got.Fault)
		assert.False(t, got.AsOf.IsZero())

		none := frame("none")
		assert.Equal(t, "not_found", none.Fault)
		assert.NotNil(t, none.Stages)

		pass(2 * time.Minute)
		w.err = errors.New("away")
		later := frame("main")
		assert.Equal(t, "unavailable", later.Fault)
		assert.Equal(t, 4, later.Left, "as it was")
		_, err := f.Frame(t.Context(), "nonsense", time.Now())
		require.ErrorIs(t, err, live.ErrBadTopic)
	})
}

func TestSalePhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		stage := func(d time.Duration, paused bool) *live.Stage {
			return &live.Stage{Pool: "main", At: now.Add(d), Paused: paused}
		}
		for name, c := range map[string]struct {
			pools []live.Pool
			want  live.Phase
		}{
			"nothing":                        {nil, live.Closed},
			"places":                         {[]live.Pool{{Left: 1}}, live.Open},
			"a stage is near":                {[]live.Pool{{Next: stage(10*time.Minute, false)}}, live.Soon},
			"it is paused":                   {[]live.Pool{{Next: stage(time.Minute, true)}}, live.Closed},
			"it is far":                      {[]live.Pool{{Next: stage(11*time.Minute, false)}}, live.Closed},
			"one was released and has left":  {[]live.Pool{{Left: 1, Last: stage(-29*time.Minute, false)}}, live.Running},
			"one was released and sold out":  {[]live.Pool{{Last: stage(-time.Minute, false)}}, live.Closed},
			"one was released long ago":      {[]live.Pool{{Left: 1, Last: stage(-31*time.Minute, false)}}, live.Open},
			"released there, near elsewhere": {[]live.Pool{{Last: stage(-time.Minute, false)}, {Left: 5, Next: stage(time.Minute, false)}}, live.Soon},
		} {
			w := &world{pools: c.pools}
			assert.Equal(t, c.want, overview(t, w.figures()).Sale.Phase, name)
		}
	})
}
