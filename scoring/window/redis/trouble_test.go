package redis_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/failover"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/redis"
)

// gateway counts orders of an account, exactly, and of a pool, in buckets, on a
// Redis that may get into trouble.
type gateway struct {
	*failover.Store
	registry *prometheus.Registry
	account  *scoring.Series
	pool     *scoring.Series
	n        int
	sent     []*scoring.Touch
}

func newGateway(client goredis.UniversalClient) *gateway {
	g := &gateway{
		registry: prometheus.NewRegistry(),
		account:  countSeries("0f1e2d3c4b5a", 1000, time.Hour), pool: bucketSeries("a1b2c3d4e5f6", time.Hour),
	}
	g.Store = failover.New(redis.New(client, redis.Options{}), memory.New(memory.Options{}), failover.Options{
		Timeout: 2 * time.Second, ProbeEvery: time.Millisecond, Registerer: g.registry,
	})
	return g
}

// order counts one; every one of them must be answered.
func (g *gateway) order(t *testing.T) *scoring.Touch {
	t.Helper()
	g.n++
	tc := booking(g.account, base.Add(time.Duration(g.n)*time.Millisecond))
	pool := crowd(g.pool, tc.Time, 1).Entities[0]
	pool.Series[0].Members = tc.Entities[0].Series[0].Members
	tc.Entities = append(tc.Entities, pool)
	require.NoError(t, g.Touch(t.Context(), tc))
	g.sent = append(g.sent, tc)
	return tc
}

// values are the counts of the last order.
func values(tc *scoring.Touch) []float64 {
	return []float64{tc.Entities[0].Series[0].Values[0], tc.Entities[1].Series[0].Values[0]}
}

func (g *gateway) metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := g.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatal("no metric " + name)
	return 0
}

// trouble orders until the gateway has counted alone for a while, and says what
// it knew then.
func (g *gateway) trouble(t *testing.T) {
	t.Helper()
	for range 20 {
		assert.True(t, g.order(t).Degraded)
	}
	assert.InDelta(t, 1, g.metric(t, "fairgate_failover_state"), 0, "it can be seen")
	assert.GreaterOrEqual(t, g.metric(t, "fairgate_failover_degraded_touches_total"), 20.0, "and is counted")
}

// recovers waits until the shared counters are trusted again, repeats every
// order, as the pipeline does with those of an outage, and looks.
func (g *gateway) recovers(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { g.order(t); return !g.Degraded() }, 20*time.Second, 2*time.Millisecond)
	for _, tc := range g.sent {
		require.NoError(t, g.Touch(t.Context(), tc))
	}
	last := g.order(t)
	assert.False(t, last.Degraded)
	assert.True(t, last.Settling, "those of the outage may not all be there")
	assert.Equal(t, []float64{float64(g.n), float64(g.n)}, values(last), "nothing was lost, and nothing counts twice")
}

func TestARedisThatIsFullLosesNothing(t *testing.T) {
	realRedis(t)
	client := connect(t, ownRedis(t))
	g := newGateway(client)
	for n := range 100 {
		assert.Equal(t, []float64{float64(n + 1), float64(n + 1)}, values(g.order(t)))
	}
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err())
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	direct := redis.New(client, redis.Options{})
	require.ErrorContains(t, direct.Touch(t.Context(), crowd(g.pool, base, 1)), "OOM")
	g.trouble(t)
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	g.recovers(t)
}

func TestARedisThatFailsOverLosesNothing(t *testing.T) {
	realRedis(t)
	primary, replica := ownRedis(t), ownRedis(t)
	var current atomic.Value // the address behind the service's name
	current.Store(primary)
	o := &goredis.UniversalOptions{Addrs: []string{"redis.service:6379"}, Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
		addr, _ := current.Load().(string)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	redis.Configure(o)
	client := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	second := connect(t, replica)
	host, port, err := net.SplitHostPort(primary)
	require.NoError(t, err)
	require.NoError(t, second.Do(t.Context(), "replicaof", host, port).Err())

	g := newGateway(client)
	for range 100 {
		g.order(t)
	}
	first := connect(t, primary)
	require.Eventually(t, func() bool {
		n, err := first.Do(t.Context(), "wait", 1, 100).Int()
		return err == nil && n == 1
	}, 20*time.Second, 10*time.Millisecond)
	for range 5 { // written to a primary that is about to die
		g.order(t)
	}
	_ = first.ShutdownNoSave(t.Context()).Err() // the connection ends with it
	g.trouble(t)
	require.NoError(t, second.Do(t.Context(), "replicaof", "no", "one").Err())
	current.Store(replica)
	g.recovers(t)
}

// TestARedisThatForgetsItsScripts between any two orders.
func TestARedisThatForgetsItsScripts(t *testing.T) {
	client := connect(t, realRedis(t))
	s := redis.New(client, redis.Options{})
	series, key := bucketSeries("0f1e2d3c4b5a", time.Hour), "scripts"+time.Now().Format(time.RFC3339Nano)
	for n := range 50 {
		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		tc := crowd(series, base.Add(time.Duration(n)*time.Second), 1)
		tc.Entities[0].Key = key
		tc.Entities = append(tc.Entities, booking(countSeries("0f1e2d3c4b5a", 40, time.Hour), base).Entities...)
		tc.Entities[1].Entity, tc.Entities[1].Key = rules.EntityDevice, key
		require.NoError(t, s.Touch(t.Context(), tc))
		assert.Equal(t, []float64{float64(n + 1)}, tc.Entities[0].Series[0].Values)
	}
}
