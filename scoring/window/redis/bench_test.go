package redis_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fairgate/scoring/window/redis"
	"fairgate/scoring/window/windowtest"
)

func BenchmarkTouchEmbedded(b *testing.B) {
	benchmark(b, miniredis.RunT(b).Addr(), windowtest.NewCrowd("", 2000, 100))
}

// BenchmarkTouchRedis measures one decision from 64 callers on a real Redis,
// and what it costs there:
//
//	FAIRGATE_TEST_REDIS=127.0.0.1:6379 go test -run '^$' -bench TouchRedis -benchtime 100000x ./scoring/window/redis
//
// Quiet: everybody has a handful of events. Hot: everybody has hundreds.
func BenchmarkTouchRedis(b *testing.B) {
	addr := realRedis(b)
	for name, size := range map[string][2]int{"quiet": {20_000, 4000}, "shared": {20_000, 100}, "hot": {100, 10}} {
		b.Run(name, func(b *testing.B) {
			benchmark(b, addr, windowtest.NewCrowd(uuid.NewString()[:8], size[0], size[1]))
		})
	}
}

func benchmark(b *testing.B, addr string, crowd windowtest.Crowd) {
	client := connect(b, addr)
	s := redis.New(client, redis.Options{})
	b.ReportAllocs()
	b.SetParallelism(32)
	var next atomic.Int64
	before := usage(b, client)
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		d := windowtest.NewDecision()
		for pb.Next() {
			i := int(next.Add(1))
			tc := d.Of(uuid.Must(uuid.NewV7()).String(), crowd.Accounts[i%len(crowd.Accounts)],
				crowd.Subnets[i%len(crowd.Subnets)], time.Now())
			if err := s.Touch(context.Background(), tc); err != nil {
				b.Error(err)
				return
			}
		}
	})
	after := usage(b, client)
	n := float64(b.N)
	b.ReportMetric(n/time.Since(start).Seconds(), "touches/s")
	if cpu := after["used_cpu_user"] + after["used_cpu_sys"] - before["used_cpu_user"] - before["used_cpu_sys"]; cpu > 0 {
		b.ReportMetric(cpu*1e6/n, "redis-µs/op")
		b.ReportMetric((after["total_commands_processed"]-before["total_commands_processed"])/n, "redis-commands/op")
		b.ReportMetric((after["total_net_output_bytes"]-before["total_net_output_bytes"])/n, "redis-B-out/op")
	}
}

// usage is what INFO says in numbers; nothing for the embedded Redis.
func usage(b *testing.B, client goredis.UniversalClient) map[string]float64 {
	b.Helper()
	out := map[string]float64{}
	text, err := client.Info(b.Context()).Result()
	if err != nil && strings.Contains(err.Error(), "not supported") {
		return out
	}
	require.NoError(b, err)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = v
		}
	}
	return out
}
