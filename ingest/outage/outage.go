// Package outage keeps a failure that lasts from filling the log: one line
// when it begins, at most one a minute while it lasts, one when it is over.
//
// It owns that rhythm and nothing else: what failed, whether it is tried again
// and what counts it are its callers' affairs. It imports no other package of
// the product; everything downstream may use it. Ticketing, which stands apart,
// has its own.
package outage

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Remind is how often a failure that lasts is logged again.
const Remind = time.Minute

// Settle is for how long nothing may have failed before it is over. Without
// it, what fails every other time would be over every other time.
const Settle = 10 * time.Second

// Log is what is said about one thing that may fail for a while. It is safe
// for concurrent use.
type Log struct {
	log         *slog.Logger
	now         func() time.Time
	level       slog.Level
	fails, over string

	mu       sync.Mutex
	failing  bool
	began    time.Time
	last     time.Time // of the failures
	back     time.Time // the first success since; zero: none
	said     time.Time
	failures int // in all
	unsaid   int // since the last line
}

// New returns a Log that says fails at level while the thing fails, and over
// at level info once it works again.
func New(log *slog.Logger, now func() time.Time, level slog.Level, fails, over string) *Log {
	return &Log{log: log, now: now, level: level, fails: fails, over: over}
}

// Report says how the thing went just now; nil: it worked. It logs err and
// attrs where a line is due, with how long the failure lasts and how many
// there were since the last line; the line that says it is over has attrs, how
// long it lasted and how many failures there were in all.
func (l *Log) Report(ctx context.Context, err error, attrs ...slog.Attr) {
	if err == nil {
		l.worked(ctx, attrs)
		return
	}
	l.mu.Lock()
	now := l.now()
	begins := !l.failing
	if begins {
		l.failing, l.began, l.failures, l.unsaid = true, now, 0, 0
	}
	l.last, l.back = now, time.Time{}
	l.failures++
	l.unsaid++
	lasting, unsaid := now.Sub(l.began), l.unsaid
	say := begins || now.Sub(l.said) >= Remind
	if say {
		l.said, l.unsaid = now, 0
	}
	l.mu.Unlock()
	if !say {
		return
	}
	line := append([]slog.Attr{slog.Any("error", err)}, attrs...)
	if !begins {
		line = append(line, slog.Duration("lasting", lasting), slog.Int("failures_since", unsaid))
	}
	l.log.LogAttrs(ctx, l.level, l.fails, line...) //nolint:sloglint // every caller of New gives a constant
}

// worked ends a failure that is Settle ago.
func (l *Log) worked(ctx context.Context, attrs []slog.Attr) {
	l.mu.Lock()
	if !l.failing {
		l.mu.Unlock()
		return
	}
	now := l.now()
	if l.back.IsZero() {
		l.back = now
	}
	over := now.Sub(l.last) >= Settle
	if over {
		l.failing = false
	}
	lasted, failures := l.back.Sub(l.began), l.failures
	l.mu.Unlock()
	if over {
		line := append([]slog.Attr{slog.Duration("lasted", lasted), slog.Int("failures", failures)}, attrs...)
		l.log.LogAttrs(ctx, slog.LevelInfo, l.over, line...) //nolint:sloglint // every caller of New gives a constant
	}
}
