package pulse_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/pulse"
)

func TestRecordValidate(t *testing.T) {
	good := func() pulse.Record {
		return pulse.Record{Role: pulse.Gateway, Name: "g1", Boot: "b", At: time.Unix(1, 0), Edge: &pulse.Edge{
			Verdicts: map[string]uint64{"allow": 1}, Screening: pulse.Histogram{Bounds: []float64{.001, .01}, Counts: []uint64{1, 0, 0}},
		}}
	}
	require.NoError(t, good().Validate())
	for name, spoil := range map[string]func(*pulse.Record){
		`role "x"`: func(r *pulse.Record) { r.Role = "x" },
		"name":     func(r *pulse.Record) { r.Name = "" },
		"boot":     func(r *pulse.Record) { r.Boot = string(make([]byte, 200)) },
		"at":       func(r *pulse.Record) { r.At = time.Time{} },
		"counts":   func(r *pulse.Record) { r.Edge.Screening.Counts = []uint64{1} },
		"ascend":   func(r *pulse.Record) { r.Edge.Screening.Bounds = []float64{2, 1} },
		"actions": func(r *pulse.Record) {
			for i := range 20 {
				r.Edge.Verdicts[string(rune('a'+i))] = 1
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			spoil(&r)
			err := r.Validate()
			require.ErrorIs(t, err, pulse.ErrBadRecord)
			assert.ErrorContains(t, err, name)
		})
	}
}

// pass lets time of the bubble's clock go by.
func pass(d time.Duration) { <-time.After(d) }

// book remembers what was put, and fails while away.
type book struct {
	mu        sync.Mutex
	away      bool
	records   []pulse.Record
	forgotten int
}

func (b *book) Put(_ context.Context, r pulse.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return errors.New("away")
	}
	b.records = append(b.records, r)
	return nil
}

func (b *book) Forget(context.Context, pulse.Role, string) error { b.forgotten++; return nil }

func (b *book) All(context.Context) ([]pulse.Record, error) { return b.records, nil }

func TestPublisherGivesOneSignASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		degraded := false
		p := pulse.NewPublisher(&b, pulse.Identity{Role: pulse.Gateway, Name: "g1", Version: "v1"}, pulse.Options{
			Fill: func(r *pulse.Record) { r.Degraded = degraded },
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		at := func(d time.Duration) { pass(d); synctest.Wait() }
		at(2500 * time.Millisecond)
		require.Len(t, b.records, 3)
		assert.Equal(t, b.records[0].Boot, b.records[2].Boot)
		assert.NotEmpty(t, b.records[0].Boot)
		assert.True(t, b.records[2].DegradedSince.IsZero())

		degraded = true
		at(2 * time.Second)
		assert.Equal(t, b.records[3].At, b.records[4].DegradedSince, "since the first that said so")

		b.mu.Lock()
		b.away = true
		b.mu.Unlock()
		at(3 * time.Second)
		require.Len(t, b.records, 5)
		b.mu.Lock()
		b.away = false
		b.mu.Unlock()
		at(time.Second)
		require.Len(t, b.records, 6)

		cancel()
		require.NoError(t, <-done)
		assert.Equal(t, 1, b.forgotten)
	})
}
