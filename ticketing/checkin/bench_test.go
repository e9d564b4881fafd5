package checkin_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// BenchmarkScan scans tickets that may enter again and again, from 64 gates at
// once, on SQLite, or on the PostgreSQL that the tests use.
func BenchmarkScan(b *testing.B) {
	dsn := os.Getenv("FAIRGATE_TEST_POSTGRES")
	if dsn == "" {
		dsn = "sqlite:" + filepath.Join(b.TempDir(), "ticketing.db")
	}
	f := newFixtureOn(b, dsn, checkin.Options{})
	pool := "bench-" + uuid.NewString()[:8]
	f.rules(pool, ticketing.CheckInRules{ReEntry: ticketing.ReEntrySameDay})
	account := f.person(int(uuid.New().ID() % 100_000_000))
	var codes []string
	for i := range 200 {
		booking := ticketing.Booking{Pool: pool}
		for n := range 5 {
			booking.Visitors = append(booking.Visitors, visitor(5*i+n))
		}
		codes = append(codes, f.book(account, booking).codes...)
	}
	f.visit()
	g := f.gate(pool, "north", pool)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			got, err := f.Scan(b.Context(), g.token, checkin.Attempt{
				Nonce: uuid.NewString(), Code: codes[int(n.Add(1))%len(codes)], ScannedAt: f.clock(),
			})
			if err != nil || !got.Accepted {
				b.Errorf("%v, %v", got.Reason, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "scans/s")
	require.Positive(b, n.Load())
}
