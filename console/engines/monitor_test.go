package engines_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/console/engines"
	"fairgate/ingest/pulse"
)

// pass lets time of the bubble's clock go by.
func pass(d time.Duration) { <-time.After(d) }

type pulses struct {
	records []pulse.Record
	err     error
}

func (p *pulses) All(context.Context) ([]pulse.Record, error) { return p.records, p.err }

func TestMonitorRemembersSinceWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails error
		takes := time.Millisecond
		m := engines.New(map[string]engines.Probe{"redis": func(ctx context.Context) (string, error) {
			select {
			case <-time.After(takes):
				return "7.0", fails
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}}, &pulses{}, engines.Options{})
		assert.Equal(t, engines.Unknown, m.Engines()[0].State)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		look := func() engines.Engine {
			pass(6 * time.Second)
			synctest.Wait()
			return m.Engines()[0]
		}
		up := look()
		assert.Equal(t, engines.Up, up.State)
		assert.Equal(t, "7.0", up.Version)
		assert.InDelta(t, 1, up.LatencyMS, .01)
		assert.Equal(t, up.Since, look().Since, "still the same")

		takes = 300 * time.Millisecond
		slow := look()
		assert.Equal(t, engines.Slow, slow.State)
		assert.True(t, slow.Since.After(up.Since))

		takes, fails = time.Millisecond, errors.New("dial user:secret@host")
		away := look()
		assert.Equal(t, engines.Away, away.State)
		assert.Equal(t, engines.Failed, away.Fault, "not its words")
		assert.InDelta(t, 300, away.LatencyMS, 1, "of the last answer")

		takes, fails = time.Minute, nil
		assert.Equal(t, engines.Timeout, look().Fault)
		cancel()
		assert.NoError(t, <-done)
	})
}

func TestFaultsAreClassed(t *testing.T) {
	for want, err := range map[engines.Fault]error{
		engines.Timeout: fmt.Errorf("ask: %w", context.DeadlineExceeded),
		engines.Refused: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		engines.Lookup:  fmt.Errorf("dial: %w", &net.DNSError{Name: "db", IsNotFound: true}),
		engines.Failed:  errors.New("password authentication failed for user x"),
	} {
		synctest.Test(t, func(t *testing.T) {
			m := engines.New(map[string]engines.Probe{"sql": func(context.Context) (string, error) { return "", err }}, &pulses{}, engines.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- m.Run(ctx) }()
			synctest.Wait()
			assert.Equal(t, want, m.Engines()[0].Fault)
			cancel()
			assert.NoError(t, <-done)
		})
	}
}

func TestHealthJudgesProcesses(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000).UTC()
	at := func(age time.Duration) time.Time { return now.Add(-age) }
	p := &pulses{records: []pulse.Record{
		{Role: pulse.Scorer, Name: "s", At: at(time.Second), Started: at(time.Hour)},
		{Role: pulse.Gateway, Name: "b", At: at(4 * time.Second), Started: at(time.Hour)},
		{Role: pulse.Gateway, Name: "a", At: at(11 * time.Second), Started: at(time.Hour), Degraded: true},
	}}
	m := engines.New(nil, p, engines.Options{Now: func() time.Time { return now }, Routes: []engines.Route{{ID: "pay", FailMode: "closed"}}})
	h := m.Health(t.Context())
	assert.True(t, h.Known)
	var got []string
	for _, x := range h.Processes {
		got = append(got, string(x.Role)+"/"+x.Name+" "+string(x.State)+" "+now.Sub(x.Since).String())
	}
	assert.Equal(t, []string{"gateway/a away 11s", "gateway/b slow 4s", "scorer/s up 1h0m0s"}, got)
	assert.False(t, h.Degraded, "one that is away runs nothing")
	assert.Len(t, h.Routes, 1)

	p.records[1].Degraded = true
	assert.True(t, m.Health(t.Context()).Degraded)

	p.err = errors.New("redis is away")
	h = m.Health(t.Context())
	assert.False(t, h.Known)
	assert.NotNil(t, h.Processes)
}
