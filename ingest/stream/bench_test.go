package stream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fairgate/ingest"
	"fairgate/ingest/stream"
)

// Complete takes a record without waiting for the disk; Intend waits for it
// and shares the wait with everybody who comes meanwhile.
func BenchmarkComplete(b *testing.B) { benchmark(b, false) }

func BenchmarkIntend(b *testing.B) { benchmark(b, true) }

func benchmark(b *testing.B, intend bool) {
	j, err := stream.OpenJournal(b.TempDir(), "events", &bottomless{}, stream.JournalOptions{MaxBytes: 8 << 30, MaxBuffered: 4 << 30})
	if err != nil {
		b.Fatal(err)
	}
	value := []byte(strings.Repeat("x", 1000))
	b.SetParallelism(32)
	b.ReportAllocs()
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			r := stream.Record{ID: fmt.Sprint(i), Key: "account", Value: value}
			take := j.Complete
			if intend {
				take = j.Intend
			}
			if err := take(b.Context(), r); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if err := j.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "records/s")
}

// bottomless takes everything.
type bottomless struct{}

// Send implements stream.Sink.
func (*bottomless) Send(context.Context, ...stream.Message) error { return nil }

// A booking is recorded twice: as what is about to be asked of the upstream,
// and with what came of it.
func BenchmarkRecorder(b *testing.B) {
	j, err := stream.OpenJournal(b.TempDir(), "events", &bottomless{}, stream.JournalOptions{MaxBytes: 8 << 30, MaxBuffered: 4 << 30})
	if err != nil {
		b.Fatal(err)
	}
	r := stream.NewRecorder(j)
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			e := ingest.Event{
				ID: fmt.Sprint(i), Time: time.UnixMilli(1_790_000_000_000).UTC(), Site: "museum", Kind: ingest.KindOrderSubmit, Route: "order.submit",
				Method: "POST", Path: "/api/v1/orders", Subject: ingest.Subject{Account: "018f0000-0000-7000-8000-000000000009"},
				Decision: ingest.Decision{Action: ingest.Allow, Snapshot: ingest.Snapshot{Names: names, Values: values}},
			}
			if err := r.Intend(b.Context(), &e); err != nil {
				b.Error(err)
				return
			}
			e.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201, OrderState: "provisional", Latency: time.Millisecond}
			if err := r.Complete(b.Context(), &e); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if err := j.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

var (
	names  = strings.Fields(strings.Repeat("account_orders_in_a_minute ", 15))
	values = make([]float64, 15)
)
