package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// complaintEvery is how often one kind of failure may be logged. An upstream
// that is away fails every request; the metrics count them all.
const complaintEvery = 5 * time.Second

// complaints log failures that may come with every request: each kind at most
// once in complaintEvery, with how many were left out since.
type complaints struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	kinds map[string]*complaint
}

type complaint struct {
	next    time.Time
	leftOut int
}

func newComplaints(log *slog.Logger, now func() time.Time) *complaints {
	return &complaints{log: log, now: now, kinds: make(map[string]*complaint)}
}

// say logs message with args, unless the same was said a moment ago. Messages
// are constants, so they are few.
func (c *complaints) say(ctx context.Context, level slog.Level, message string, args ...any) {
	c.mu.Lock()
	k := c.kinds[message]
	if k == nil {
		k = &complaint{}
		c.kinds[message] = k
	}
	now := c.now()
	if now.Before(k.next) {
		k.leftOut++
		c.mu.Unlock()
		return
	}
	leftOut := k.leftOut
	k.next, k.leftOut = now.Add(complaintEvery), 0
	c.mu.Unlock()
	c.log.Log(ctx, level, message, append(args, "left_out", leftOut)...) //nolint:sloglint // every caller gives a constant
}
