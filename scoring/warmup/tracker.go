package warmup

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"fairgate/rules"
	"fairgate/scoring"
)

// Heartbeat is how often a process reports what it counts; several fit into
// Gap.
const Heartbeat = time.Minute

// patience is how long one report may take.
const patience = 5 * time.Second

// Tracker reports what one process counts. It is safe for concurrent use.
type Tracker struct {
	store Store
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	counted map[string]time.Time // definition → since when, in this process
	changed chan struct{}
}

// NewTracker returns a Tracker that reports nothing until Run; now and log may
// be nil.
func NewTracker(store Store, now func() time.Time, log *slog.Logger) *Tracker {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Tracker{store: store, now: now, log: log, changed: make(chan struct{}, 1)}
}

// Use notes that the process counts for p from now on. What it counted already
// and p still has goes on without a pause.
func (t *Tracker) Use(p *rules.Program) {
	now := t.now()
	t.mu.Lock()
	next := make(map[string]time.Time, len(t.counted))
	for _, f := range p.Features() {
		if d := scoring.Definition(f); d != "" {
			next[d] = now
			if since, ok := t.counted[d]; ok {
				next[d] = since
			}
		}
	}
	t.counted = next
	t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default: // a report is due already
	}
}

// Run reports at every Heartbeat and after every Use, until ctx ends. Where the
// store is away, later reports make up for it: they say since when, not only
// that.
func (t *Tracker) Run(ctx context.Context) error {
	tick := time.NewTicker(Heartbeat)
	defer tick.Stop()
	for {
		if err := t.report(ctx); err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "what is counted could not be reported; tried again", "after", Heartbeat, "error", err)
		}
		select {
		case <-tick.C:
		case <-t.changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func (t *Tracker) report(ctx context.Context) error {
	t.mu.Lock()
	counted := maps.Clone(t.counted)
	t.mu.Unlock()
	if counted == nil {
		return nil
	}
	// That nothing is counted is a report, too: a feature that is declared later
	// is new then, and not the first of a fleet that has seen no event.
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return t.store.Report(ctx, t.now(), counted)
}
