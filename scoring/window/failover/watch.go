package failover

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"fairgate/ingest/note"
)

// Whole is how a primary tells what it has lost; *redis.Store is one.
type Whole interface {
	// Whole reports before which time events are missing; zero: none are. Where
	// the counters began anew, lost is when they were last known to be whole.
	Whole(ctx context.Context, lost time.Time) (time.Time, error)
}

// Rest is for how long after a loss nothing is concluded from what was not
// seen: a visitor's way from looking to booking takes less.
const Rest = 5 * time.Minute

const (
	watchEvery = time.Second     // between looks
	noteEvery  = 5 * time.Second // between writes of the note
)

// Watch looks after a loss of the shared counters. A Redis that comes back
// empty answers quickly and knows of nobody: everybody who is about to book
// would seem never to have looked. For Rest after such a loss the Store's
// answers are settling, and rules that conclude from absence rest.
//
// When the counters were last known to be whole is kept in a file, so that a
// loss is noticed by a process that starts after it, too.
type Watch struct {
	store *Store
	whole Whole
	file  string
	last  time.Time // the counters were known to be whole
	noted time.Time
	told  time.Time // the loss that was logged
}

// NewWatch watches the primary of store; file keeps the note.
func NewWatch(store *Store, whole Whole, file string) *Watch {
	w := &Watch{store: store, whole: whole, file: file}
	if text, err := os.ReadFile(file); err == nil {
		if ms, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			w.last = time.UnixMilli(ms)
		}
	}
	return w
}

// Look looks once. A primary that is away is no news: the breaker sees to
// that.
func (w *Watch) Look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, watchEvery)
	defer cancel()
	lost, err := w.whole.Whole(ctx, w.last)
	if err != nil {
		return err
	}
	now := w.store.o.Now()
	if until := lost.Add(Rest); !lost.IsZero() && now.Before(until) {
		w.store.settleUntil(until)
		if !lost.Equal(w.told) {
			w.told = lost
			w.store.o.Logger.LogAttrs(ctx, slog.LevelWarn, "the shared counters began anew; rules that conclude from what was not seen rest",
				slog.Time("lost_before", lost), slog.Time("until", until))
		}
	}
	w.last = now
	if now.Sub(w.noted) < noteEvery {
		return nil
	}
	w.noted = now
	return w.write(now)
}

func (w *Watch) write(now time.Time) error {
	if err := note.Replace(w.file, []byte(strconv.FormatInt(now.UnixMilli(), 10)+"\n")); err != nil {
		return fmt.Errorf("note that the counters are whole: %w", err)
	}
	return nil
}

// Run looks each second until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := w.Look(ctx); err != nil && ctx.Err() == nil {
				w.store.o.Logger.LogAttrs(ctx, slog.LevelDebug, "the counters were not looked after", slog.Any("error", err))
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// settleUntil marks answers as settling until a time, never shorter than now.
func (s *Store) settleUntil(until time.Time) {
	for ms := until.UnixMilli(); ; {
		old := s.settled.Load()
		if old >= ms || s.settled.CompareAndSwap(old, ms) {
			return
		}
	}
}
