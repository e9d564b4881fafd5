package redis_test

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

const accountLog = "fg:{account:a}:log1"

func countSeries(id string, limit int, window time.Duration) *scoring.Series {
	return &scoring.Series{
		ID: id, Keep: window, Limit: limit,
		Reads: []scoring.Read{{Window: window, Aggregate: rules.AggCount}},
	}
}

// book is one event of account a that s is touched with; it returns the count.
func book(t *testing.T, c scoring.Counters, s *scoring.Series, when time.Time) float64 {
	t.Helper()
	tc := booking(s, when)
	require.NoError(t, c.Touch(t.Context(), tc))
	return tc.Entities[0].Series[0].Values[0]
}

func booking(s *scoring.Series, when time.Time) *scoring.Touch {
	id := uuid.Must(uuid.NewV7()).String()
	return &scoring.Touch{EventID: id, Time: when, Entities: []scoring.EntityTouch{{
		Entity: rules.EntityAccount, Key: "a",
		Series: []scoring.SeriesTouch{{Series: s, Members: []string{id}, Values: make([]float64, 1)}},
	}}}
}

func TestLogsAreFolded(t *testing.T) {
	m := miniredis.RunT(t)
	registry := prometheus.NewRegistry()
	s := redis.New(connect(t, m.Addr()), redis.Options{Registerer: registry})
	series := countSeries("0f1e2d3c4b5a", 40, time.Minute)
	longest := 0
	for n := range 3000 {
		when := base.Add(time.Duration(n) * time.Millisecond)
		require.InDelta(t, min(n+1, 40), book(t, s, series, when), 0)
		log, err := m.Get(accountLog)
		require.NoError(t, err)
		longest = max(longest, len(log))
	}
	assert.Less(t, longest, 4096+40*14+100, "four kilobytes of events, a folded 40 and two events on their way are the most")
	results := folds(t, registry)
	assert.Greater(t, results["ok"], 20.0)
	assert.Zero(t, results["failed"]+results["dropped"])
	assert.InDelta(t, 90*time.Minute+time.Minute, m.TTL(accountLog), float64(time.Second), "folding keeps the expiry")
}

// folds is what became of the folds, by result.
func folds(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() == "fairgate_window_redis_folds_total" {
			for _, m := range f.GetMetric() {
				out[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	return out
}

func TestAFoldThatIsOvertakenChangesNothing(t *testing.T) {
	m := miniredis.RunT(t)
	client := connect(t, m.Addr())
	s := redis.New(client, redis.Options{})
	series := countSeries("0f1e2d3c4b5a", 1000, time.Minute)
	for n := range 400 {
		if n == 200 { // with a fold on its way, more likely than not
			require.NoError(t, client.FlushAll(t.Context()).Err())
		}
		got := book(t, s, series, base.Add(time.Duration(n)*time.Millisecond))
		require.InDelta(t, n%200+1, got, 0, "event %d", n)
	}
}

// TestConcurrentTouches books for accounts of their own and, all of them, for
// one device, whose log is folded under their hands.
func TestConcurrentTouches(t *testing.T) {
	const callers, each = 16, 60
	s := redis.New(connect(t, miniredis.RunT(t).Addr()), redis.Options{})
	series := countSeries("0f1e2d3c4b5a", callers*each+1, time.Hour)
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := range each {
				tc := booking(series, base.Add(time.Duration(n)*time.Millisecond))
				device := tc.Entities[0]
				device.Series = []scoring.SeriesTouch{{Series: series, Members: device.Series[0].Members, Values: make([]float64, 1)}}
				device.Entity, device.Key = rules.EntityDevice, "shared"
				tc.Entities = append(tc.Entities, device)
				tc.Entities[0].Key = strconv.Itoa(caller)
				if err := s.Touch(t.Context(), tc); err != nil {
					t.Error(err)
					return
				}
				assert.Equal(t, []float64{float64(n + 1)}, tc.Entities[0].Series[0].Values)
			}
		})
	}
	wg.Wait()
	last := booking(series, base.Add(time.Minute))
	last.Entities[0].Entity, last.Entities[0].Key = rules.EntityDevice, "shared"
	require.NoError(t, s.Touch(t.Context(), last))
	assert.Equal(t, []float64{callers*each + 1}, last.Entities[0].Series[0].Values)
}

func TestExpiry(t *testing.T) {
	m := miniredis.RunT(t)
	client := connect(t, m.Addr())
	now := base
	s := redis.New(client, redis.Options{Slack: 10 * time.Minute, Now: func() time.Time { return now }})
	var h hook
	client.AddHook(&h)
	long, short := countSeries("0f1e2d3c4b5a", 40, time.Hour), countSeries("aaaaaaaaaaaa", 40, time.Minute)
	other := redis.New(client, redis.Options{Slack: 10 * time.Minute}) // another process

	book(t, s, long, now)
	assert.Equal(t, 75*time.Minute, m.TTL(accountLog))
	book(t, other, short, now)
	assert.Equal(t, 75*time.Minute, m.TTL(accountLog), "whoever needs less leaves it")

	now = now.Add(4 * time.Minute)
	m.FastForward(4 * time.Minute)
	book(t, s, long, now)
	assert.Equal(t, 71*time.Minute, m.TTL(accountLog), "still more than the window and the slack")
	now = now.Add(2 * time.Minute)
	m.FastForward(2 * time.Minute)
	book(t, s, long, now)
	assert.Equal(t, 75*time.Minute, m.TTL(accountLog), "set anew in time")
	book(t, s, short, now)

	require.NoError(t, client.FlushAll(t.Context()).Err())
	h.pipelines.Store(0)
	book(t, s, long, now)
	assert.Equal(t, 75*time.Minute, m.TTL(accountLog), "a log that was lost gets its expiry again")
	assert.Equal(t, int64(2), h.pipelines.Load())
	book(t, s, long, now)
	assert.Equal(t, int64(3), h.pipelines.Load())

	m.FastForward(76 * time.Minute)
	assert.Empty(t, m.Keys())
}

// TestExpiryOfTheWholeEntity: where the touch says how long everybody keeps the
// entity, no script is needed.
func TestExpiryOfTheWholeEntity(t *testing.T) {
	m := miniredis.RunT(t)
	client := connect(t, m.Addr())
	s := redis.New(client, redis.Options{Slack: 10 * time.Minute})
	tc := booking(countSeries("aaaaaaaaaaaa", 40, time.Minute), base)
	tc.Entities[0].Keep = time.Hour
	var names []string
	client.AddHook(watch(func(cmds []goredis.Cmder) {
		for _, c := range cmds {
			names = append(names, c.Name())
		}
	}))
	for range 2 {
		require.NoError(t, s.Touch(t.Context(), tc))
	}
	assert.Equal(t, []string{"append", "pexpire", "mget", "append", "mget"}, names)
	assert.Equal(t, 75*time.Minute, m.TTL(accountLog))
}

// watch is a hook that sees every pipeline after it was answered.
type watch func(cmds []goredis.Cmder)

func (w watch) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (w watch) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }

func (w watch) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		defer w(cmds)
		return next(ctx, cmds)
	}
}

func TestReadingLeavesNothingBehind(t *testing.T) {
	m := miniredis.RunT(t)
	s := redis.New(connect(t, m.Addr()), redis.Options{})
	tc := booking(countSeries("0f1e2d3c4b5a", 40, time.Hour), base)
	tc.Entities[0].Series[0].Members = nil
	require.NoError(t, s.Touch(t.Context(), tc))
	assert.Empty(t, m.Keys())
}

func TestForeignBytesAreCountedAndHeal(t *testing.T) {
	m := miniredis.RunT(t)
	registry := prometheus.NewRegistry()
	s := redis.New(connect(t, m.Addr()), redis.Options{Registerer: registry})
	require.NoError(t, m.Set(accountLog, "\x01\x02xx"))
	series := countSeries("0f1e2d3c4b5a", 40, time.Minute)
	for n := range 200 {
		require.InDelta(t, min(n+1, 40), book(t, s, series, base.Add(time.Duration(n)*time.Millisecond)), 0)
	}
	log, err := m.Get(accountLog)
	require.NoError(t, err)
	assert.NotContains(t, log[:4], "xx", "folded away")
}

func TestUpgradeIsALoss(t *testing.T) {
	m := miniredis.RunT(t)
	s := redis.New(connect(t, m.Addr()), redis.Options{Now: func() time.Time { return base }})
	require.NoError(t, m.Set("fg:whole", "0"))
	at, err := s.Whole(t.Context(), time.Time{})
	require.NoError(t, err)
	assert.True(t, at.Equal(base), "events before it lie in the former layout")
	m.FlushAll()
	at, err = s.Whole(t.Context(), time.Time{})
	require.NoError(t, err)
	assert.Zero(t, at, "never used before")
}

// TestFullRedis fills a real one of its own.
func TestFullRedis(t *testing.T) {
	realRedis(t)
	client := connect(t, ownRedis(t))
	s := redis.New(client, redis.Options{})
	series := countSeries("0f1e2d3c4b5a", 1000, time.Hour)
	for n := range 100 {
		book(t, s, series, base.Add(time.Duration(n)*time.Millisecond))
	}
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	full := booking(series, base.Add(time.Second))
	err := s.Touch(t.Context(), full)
	require.ErrorContains(t, err, "append: OOM")
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	require.NoError(t, s.Touch(t.Context(), full))
	assert.Equal(t, []float64{101}, full.Entities[0].Series[0].Values, "nothing was lost, and the event counts once")
}

// ownRedis starts a server that the test may do with as it likes.
func ownRedis(t testing.TB) string {
	t.Helper()
	exe, err := exec.LookPath("redis-server")
	require.NoError(t, err)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // as asked for
	require.NoError(t, l.Close())
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, exe, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--save", "", "--dir", t.TempDir())
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	client := goredis.NewClient(&goredis.Options{Addr: addr})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Ping(ctx).Err() == nil }, 20*time.Second, 20*time.Millisecond)
	return addr
}
