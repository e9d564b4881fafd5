package watch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/ledger/live"
)

const site = "museum"

// opening is a Sunday morning at the venue.
var opening = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// look looks once and holds every finding against what alerts take.
func look(t *testing.T, w watch.Looker) []alert.Finding {
	t.Helper()
	found, err := w.Look(t.Context())
	require.NoError(t, err)
	for _, f := range found {
		require.NoError(t, f.Validate())
	}
	return found
}

// traffic is a ledger with made-up traffic: of the last minute, and of the last
// ten seconds where that differs.
type traffic struct {
	minute, lately []live.Traffic
	usual          []live.Usual
	err            error
}

func (f traffic) Traffic(_ context.Context, _ string, over live.Stretch) ([]live.Traffic, error) {
	if over.To.Sub(over.From) < time.Minute {
		return f.lately, f.err
	}
	return f.minute, f.err
}

func (f traffic) Usual(context.Context, string, time.Time) ([]live.Usual, error) {
	return f.usual, f.err
}

// clock is set by hand. It is safe for concurrent use.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
