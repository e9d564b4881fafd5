package redis_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/scoring"
	"fairgate/scoring/window/redis"
	"fairgate/scoring/window/windowtest"
)

// hook counts what the client sends.
type hook struct{ pipelines, single, dials atomic.Int64 }

func (h *hook) DialHook(next goredis.DialHook) goredis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		h.dials.Add(1)
		return next(ctx, network, addr)
	}
}

func (h *hook) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		h.single.Add(1)
		return next(ctx, cmd)
	}
}

func (h *hook) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		h.pipelines.Add(1)
		return next(ctx, cmds)
	}
}

// proxy stands between client and server and counts round trips: answers that
// follow a request. When cut is set it forwards the next touch and closes the
// connection instead of answering.
type proxy struct {
	net.Listener
	trips atomic.Int64
	cut   atomic.Bool
}

func newProxy(t *testing.T, upstream string) *proxy {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(c, upstream) })
		}
	})
	return p
}

func (p *proxy) serve(client net.Conn, upstream string) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", upstream)
	if err != nil {
		return
	}
	defer server.Close()
	var asked, hangUp atomic.Bool
	go func() {
		defer server.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			asked.Store(true)
			if bytes.Contains(buf[:n], []byte("append")) && p.cut.Swap(false) {
				hangUp.Store(true)
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if asked.Swap(false) {
			p.trips.Add(1)
		}
		if hangUp.Load() {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

func full(id string) *scoring.Touch {
	tc := windowtest.Typical()
	windowtest.Reuse(tc, id, "actor", base)
	tc.Burn, tc.BurnTTL = "pass "+id, time.Hour
	return tc
}

func TestTouchIsOneRoundTrip(t *testing.T) {
	p := newProxy(t, miniredis.RunT(t).Addr())
	client := connect(t, p.Addr().String())
	var h hook
	client.AddHook(&h)
	s := redis.New(client, redis.Options{})
	require.NoError(t, s.Touch(t.Context(), full(uuid.NewString())), "opens the connection")
	trips := p.trips.Load()
	h.pipelines.Store(0)
	h.single.Store(0)
	h.dials.Store(0)
	for n := int64(1); n <= 100; n++ {
		require.NoError(t, s.Touch(t.Context(), full(uuid.NewString())))
		require.Equal(t, trips+n, p.trips.Load(), "round trips on the wire")
	}
	assert.Equal(t, int64(100), h.pipelines.Load())
	assert.Zero(t, h.single.Load())
	assert.Zero(t, h.dials.Load())
}

func TestAppliedButUnansweredTouchCanBeRepeated(t *testing.T) {
	p := newProxy(t, miniredis.RunT(t).Addr())
	s := redis.New(connect(t, p.Addr().String()), redis.Options{})
	require.NoError(t, s.Touch(t.Context(), full(uuid.NewString())))
	for range 5 {
		id := uuid.NewString()
		p.cut.Store(true)
		require.Error(t, s.Touch(t.Context(), full(id)), "applied, but nobody heard")
	}
	id := uuid.NewString()
	p.cut.Store(true)
	require.Error(t, s.Touch(t.Context(), full(id)))
	again := full(id)
	require.NoError(t, s.Touch(t.Context(), again))
	assert.True(t, again.Burnt, "the pass was burnt by this very event")
	assert.Equal(t, []float64{7, 7}, again.Entities[0].Series[0].Values)
}

func TestTouchHonoursTheDeadline(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	done := make(chan struct{})
	defer close(done)
	wg.Go(func() { // takes everything, answers nothing
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		go func() { _, _ = io.Copy(io.Discard, c) }()
		<-done
	})
	s := redis.New(connect(t, l.Addr().String()), redis.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	require.Error(t, s.Touch(ctx, full(uuid.NewString())))
	assert.Less(t, time.Since(start), 2*time.Second)
}

// cluster is two nodes with half of the slots each. The hook, if any, is put on
// the nodes' clients.
func cluster(t *testing.T, h *hook) (goredis.UniversalClient, []*miniredis.Miniredis) {
	t.Helper()
	nodes := []*miniredis.Miniredis{miniredis.RunT(t), miniredis.RunT(t)}
	u := &goredis.UniversalOptions{Addrs: []string{nodes[0].Addr(), nodes[1].Addr()}}
	redis.Configure(u)
	o := u.Cluster()
	o.ClusterSlots = func(context.Context) ([]goredis.ClusterSlot, error) {
		return []goredis.ClusterSlot{
			{Start: 0, End: 8191, Nodes: []goredis.ClusterNode{{Addr: nodes[0].Addr()}}},
			{Start: 8192, End: 16383, Nodes: []goredis.ClusterNode{{Addr: nodes[1].Addr()}}},
		}, nil
	}
	if h != nil {
		o.NewClient = func(opt *goredis.Options) *goredis.Client {
			c := goredis.NewClient(opt)
			c.AddHook(h)
			return c
		}
	}
	c := goredis.NewClusterClient(o)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c, nodes
}

func TestClusterTakesOneFlushPerNode(t *testing.T) {
	var h hook
	client, nodes := cluster(t, &h)
	s := redis.New(client, redis.Options{})
	for n := range 8 { // opens the connections
		tc := full(uuid.NewString())
		tc.Entities[0].Key = fmt.Sprint("actor ", n)
		require.NoError(t, s.Touch(t.Context(), tc))
	}
	h.pipelines.Store(0)
	h.single.Store(0)
	tc := full(uuid.NewString())
	for i := range tc.Entities {
		tc.Entities[i].Key = fmt.Sprint("actor ", i)
	}
	require.NoError(t, s.Touch(t.Context(), tc))
	assert.Equal(t, int64(2), h.pipelines.Load())
	assert.Zero(t, h.single.Load())
	assert.NotEmpty(t, nodes[0].Keys(), "some entities here")
	assert.NotEmpty(t, nodes[1].Keys(), "some there")
	for _, node := range nodes {
		for _, k := range node.Keys() {
			for _, other := range nodes {
				assert.True(t, other == node || !other.Exists(k), "%s is on two nodes", k)
			}
		}
	}
}
