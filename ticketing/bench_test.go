package ticketing_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// BenchmarkBook books through the service from 64 callers at once, each
// booking with an idempotency key and an event in the outbox.
func BenchmarkBook(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkBook(b, "sqlite:"+filepath.Join(b.TempDir(), "ticketing.db")) })
	b.Run("postgres", func(b *testing.B) {
		dsn := os.Getenv("FAIRGATE_TEST_POSTGRES")
		if dsn == "" {
			b.Skip("FAIRGATE_TEST_POSTGRES is not set")
		}
		benchmarkBook(b, dsn)
	})
}

func benchmarkBook(b *testing.B, dsn string) {
	b.Helper()
	f := newFixtureOn(b, dsn, ticketing.Options{})
	// Names and documents of its own, because a real database may be a used one.
	pool, run := fmt.Sprintf("bench-%d", time.Now().UnixNano()), time.Now().UnixNano()
	_, err := f.PutPool(b.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: pool, Name: "x", LimitPerOrder: 5, Hold: time.Minute},
		Days: []ticketing.DayCapacity{{Date: may10, Capacity: 10_000_000}},
	})
	require.NoError(b, err)
	account := f.person(int(run % 100_000_000))
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1))
			call := ticketing.Call{RequestID: "r", IdempotencyKey: fmt.Sprint(i)}
			if _, err := f.Book(b.Context(), call, account, booking(pool, i)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
}
