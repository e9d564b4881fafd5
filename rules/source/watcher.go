package source

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/rules"
)

// DefaultName is the document that is active unless another is chosen.
const DefaultName = "museum"

// DefaultInterval is how often a source is looked at.
const DefaultInterval = 500 * time.Millisecond

// ErrNoDocument says that the source does not have the chosen document.
var ErrNoDocument = errors.New("ruleset not found")

// Options adjust a Watcher. The zero value is usable.
type Options struct {
	Name     string // of the active document; default DefaultName
	Interval time.Duration
	Rules    rules.Options
	Logger   *slog.Logger          // default: discards
	Registry prometheus.Registerer // nil: nothing is registered
}

// Watcher keeps the active document compiled and follows its changes. It is
// safe for concurrent use.
//
// A change of a file takes effect when the same content was seen twice in a row,
// one Interval apart, so that a file that is being written is not taken for a
// shorter ruleset; a stored version (Document.Whole) does at once. Content that does not compile is reported once; the program
// in use stays.
type Watcher struct {
	source  Source
	options Options
	metrics *metrics
	current atomic.Pointer[rules.Program]

	mu          sync.Mutex // guards what follows, and the order of notifications
	subscribers map[int]func(*rules.Program)
	next        int
	inUse       [sha256.Size]byte // content of current
	seen        [sha256.Size]byte // content at the last look
	refused     [sha256.Size]byte // content that was reported already
	unreadable  string            // failure that was reported already
}

// NewWatcher loads and compiles the active document once. The error names
// everything that is wrong with it; then there is no Watcher.
func NewWatcher(ctx context.Context, src Source, o Options) (*Watcher, error) {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(o.Registry)
	if err != nil {
		return nil, err
	}
	w := &Watcher{source: src, options: o, metrics: m, subscribers: map[int]func(*rules.Program){}}
	doc, err := w.load(ctx)
	if err != nil {
		return nil, err
	}
	p, err := rules.Load(doc.Origin, doc.Data, o.Rules)
	if err != nil {
		return nil, fmt.Errorf("load ruleset %q: %w", doc.Name, err)
	}
	w.inUse = sha256.Sum256(doc.Data)
	w.seen = w.inUse
	w.current.Store(p)
	m.loaded(p)
	return w, nil
}

// Current is the program in use. It is never nil.
func (w *Watcher) Current() *rules.Program { return w.current.Load() }

// Subscribe calls f with the program in use, now and after every change, one
// call at a time and in order, until the returned function was called. It must
// not call the Watcher back except for Current.
func (w *Watcher) Subscribe(f func(*rules.Program)) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.next
	w.next++
	w.subscribers[id] = f
	f(w.current.Load())
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.subscribers, id)
	}
}

// Run follows the source until ctx is done, and then returns nil.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(w.options.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.look(ctx)
		}
	}
}

// look reads the source once and takes over what has changed and settled.
func (w *Watcher) look(ctx context.Context) {
	doc, err := w.load(ctx)
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		if w.unreadable != err.Error() {
			w.unreadable = err.Error()
			w.metrics.reloads.WithLabelValues(resultUnreadable).Inc()
			w.options.Logger.ErrorContext(ctx, "ruleset cannot be read, the old one goes on",
				"error", err, "version", w.Current().Version())
		}
		return
	}
	w.unreadable = ""
	sum := sha256.Sum256(doc.Data)
	settled := doc.Whole || sum == w.seen
	w.seen = sum
	if sum == w.inUse {
		w.refused = [sha256.Size]byte{} // a later return to refused content is news again
		return
	}
	if !settled || sum == w.refused {
		return
	}
	o := w.options.Rules
	if o.Pause == nil {
		o.Pause = gently(ctx)
	}
	p, err := rules.Load(doc.Origin, doc.Data, o)
	if err != nil {
		w.refused = sum
		w.metrics.reloads.WithLabelValues(resultRefused).Inc()
		for _, problem := range rules.Problems(err) {
			w.options.Logger.ErrorContext(ctx, "ruleset refused, the old one goes on",
				"problem", problem.Error(), "version", w.Current().Version())
		}
		return
	}
	w.inUse, w.refused = sum, [sha256.Size]byte{}
	w.options.Logger.InfoContext(ctx, "ruleset loaded", "ruleset", doc.Name,
		"version", p.Version(), "replaces", w.Current().Version(), "rules", len(p.Ruleset().Rules), "features", len(p.Features()))
	w.current.Store(p)
	w.metrics.reloads.WithLabelValues(resultLoaded).Inc()
	w.metrics.loaded(p)
	for _, id := range w.ids() {
		w.subscribers[id](p)
	}
}

// Visitors are served while a document is loaded. A goroutine that only yields
// is run again before the network is looked at, and so keeps one of few
// processors to itself; one that sleeps for longer than it has worked does not.
const (
	restTime = 400 * time.Microsecond
	// restFor is for how long it rests at all: a new version must be in force
	// soon on a slow machine, too.
	restFor = 1500 * time.Millisecond
)

// gently is a rules.Options.Pause for one document. Once ctx has ended it rests
// no more, so that nobody waits for it.
func gently(ctx context.Context) func() {
	until := time.Now().Add(restFor)
	return func() {
		if !time.Now().Before(until) {
			runtime.Gosched()
			return
		}
		rest := time.NewTimer(restTime)
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
	}
}

// ids lists the subscribers in the order in which they came.
func (w *Watcher) ids() []int {
	ids := make([]int, 0, len(w.subscribers))
	for id := range w.subscribers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// load finds the active document. A document elsewhere in the source that
// cannot be read does not stand in its way.
func (w *Watcher) load(ctx context.Context) (Document, error) {
	docs, err := w.source.Load(ctx)
	names := make([]string, 0, len(docs))
	for _, d := range docs {
		if d.Name == w.options.Name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	if err != nil {
		return Document{}, err
	}
	return Document{}, fmt.Errorf("%w: %q; there is %s", ErrNoDocument, w.options.Name, strings.Join(names, ", "))
}
