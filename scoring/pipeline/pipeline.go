// Package pipeline is the asynchronous half of scoring: it reads completed
// events from the log, has them scored again with more context, and publishes
// a verdict for each stage.
//
// It owns the loop (fetch, score, publish, commit), the order in which events
// are scored, and what happens to messages that cannot be. It decides nothing
// about visitors: rules are evaluated by scoring.Engine, and what is done about
// a verdict is enforcement's business.
//
// Delivery is at least once: a batch is committed after its verdicts are
// acknowledged, scoring ignores repeated event ids, and a verdict that is
// published twice replaces itself.
package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/scoring"
	"fairgate/scoring/cluster"
)

// Source is where the events come from; *stream.Consumer is one.
type Source interface {
	// Fetch returns the next message without committing it; it waits until
	// there is one or ctx ends. A message is not lost when ctx ends.
	Fetch(ctx context.Context) (stream.Message, error)
	Commit(ctx context.Context, messages ...stream.Message) error
}

// Sink takes the verdicts; *stream.Producer is one. Send returns when all
// messages are acknowledged; after an error all of them are sent again.
type Sink interface {
	Send(ctx context.Context, messages ...stream.Message) error
}

// Engine scores; *scoring.Engine is one.
type Engine interface {
	// Async counts and scores e. A repeat after an error is safe.
	Async(ctx context.Context, e *ingest.Event) (scoring.Verdict, error)
	// InlineVerdict records what screening found, shadow rules included.
	InlineVerdict(e *ingest.Event) scoring.Verdict
}

// Clusters knows which accounts are linked; *cluster.Tracker is one.
type Clusters interface {
	// Of is the cluster of an account at a time.
	Of(account string, at time.Time) (cluster.State, bool)
	// Joins is the one that an account without a cluster joins by the event.
	Joins(e *ingest.Event) (cluster.State, bool)
	// Alone is the cluster of one that it would begin.
	Alone(account string) (cluster.State, bool)
	// Records lists what the event shows and the log of links lacks.
	Records(e *ingest.Event) []cluster.Record
	// Members lists accounts of a cluster, at most limit.
	Members(id string, limit int) []string
}

// Options are optional; the zero value is usable.
type Options struct {
	Clusters Clusters      // nil: no account is linked to another
	Batch    int           // messages scored and committed together; 0: 256
	Wait     time.Duration // for which a batch that is not full is held open; 0: 50 ms
	Workers  int           // events scored at once; 0: 16
	// Lateness is how far an event may be behind the newest one of its
	// partition and still be scored asynchronously; 0: 10 minutes. Later ones
	// are counted as late and change no verdict.
	Lateness time.Duration
	// Drain is how long Run may go on, once stopped, to finish its batch;
	// 0: 5 s.
	Drain time.Duration
	// Backoff is the first pause after a failure; it doubles up to 5 s.
	// 0: 50 ms.
	Backoff time.Duration
	// Decode reads the event of a message; nil: from the JSON of its value.
	Decode func(m stream.Message, into *ingest.Event) error
	// Verdicts takes the verdicts of a batch, in the order of their events, in
	// the place of the topic; nil: they are published there as JSON.
	Verdicts   func(verdicts []scoring.Verdict)
	Now        func() time.Time      // nil: time.Now; for the lag, and to see clocks that are fast
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: not measured
}

func (o Options) withDefaults() Options {
	o.Batch = orElse(o.Batch, 256)
	o.Wait = orElse(o.Wait, 50*time.Millisecond)
	o.Workers = orElse(o.Workers, 16)
	o.Lateness = orElse(o.Lateness, 10*time.Minute)
	o.Drain = orElse(o.Drain, 5*time.Second)
	o.Backoff = orElse(o.Backoff, 50*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Decode == nil {
		o.Decode = func(m stream.Message, into *ingest.Event) error { return json.Unmarshal(m.Value, into) }
	}
	return o
}

func orElse[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// Pipeline is one consumer. Run it once; several, in one process or many,
// share the partitions of their group.
type Pipeline struct {
	source  Source
	engine  Engine
	sink    Sink
	topics  stream.Topics
	o       Options
	newest  map[partition]time.Time // event time
	reviews *reviews
	metrics *metrics
}

type partition struct {
	topic  string
	number int
}

// New puts a pipeline together. Of the topics it uses Events (to ask for
// reviews), Verdicts, Links and Dead.
func New(source Source, engine Engine, sink Sink, topics stream.Topics, o Options) *Pipeline {
	o = o.withDefaults()
	return &Pipeline{
		source: source, engine: engine, sink: sink, topics: topics, o: o,
		newest: make(map[partition]time.Time), reviews: newReviews(), metrics: newMetrics(o.Registerer),
	}
}

// Run works until ctx ends, finishes the batch under way, and returns nil. An
// error means that the source was closed, or that the batch could not be
// finished in time: its messages are not committed and come again.
func (p *Pipeline) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		messages, err := p.gather(ctx)
		if err != nil {
			return err
		}
		if len(messages) == 0 {
			continue
		}
		if err := p.process(ctx, messages); err != nil {
			return fmt.Errorf("stopped with %d messages undone, which will come again: %w", len(messages), err)
		}
	}
	return nil
}

// Handle scores messages, publishes what was found and commits them, as Run
// does with what it fetches. It is not to be called while Run runs, nor by two
// at once.
func (p *Pipeline) Handle(ctx context.Context, messages []stream.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return p.process(ctx, messages)
}

// gather waits for one message and takes what else comes within Wait. It
// returns what it has when ctx ends.
func (p *Pipeline) gather(ctx context.Context) ([]stream.Message, error) {
	m, err := p.fetch(ctx)
	if err != nil {
		return nil, ended(ctx, err)
	}
	messages := []stream.Message{m}
	window, cancel := context.WithTimeout(ctx, p.o.Wait)
	defer cancel()
	for len(messages) < p.o.Batch {
		if m, err = p.fetch(window); err != nil {
			return messages, ended(window, err)
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// fetch takes the next message, with pauses while the source fails. The error
// is stream.ErrClosed, or what there was when ctx ended.
func (p *Pipeline) fetch(ctx context.Context) (stream.Message, error) {
	pause := p.backoff()
	for {
		m, err := p.source.Fetch(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, stream.ErrClosed) {
			return m, err
		}
		p.metrics.retries.WithLabelValues("fetch").Inc()
		p.o.Logger.LogAttrs(ctx, slog.LevelWarn, "fetching events failed", slog.Any("error", err))
		if pause.wait(ctx) != nil {
			return stream.Message{}, err
		}
	}
}

// ended turns the end of a wait into no error.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, stream.ErrClosed) {
		return nil
	}
	return fmt.Errorf("fetch events: %w", err)
}

// process scores a batch, publishes what was found, and commits it. It
// outlives ctx by Drain at most.
func (p *Pipeline) process(ctx context.Context, messages []stream.Message) error {
	start := p.o.Now()
	ctx, cancel := drain(ctx, p.o.Drain)
	defer cancel()
	b := p.decode(ctx, messages)
	if err := p.score(ctx, b); err != nil {
		return err
	}
	if out := b.messages(); len(out) > 0 {
		err := p.retry(ctx, "publish", func() error { return p.sink.Send(ctx, out...) })
		if err != nil {
			return err
		}
	}
	if p.o.Verdicts != nil {
		if found := b.verdicts(); len(found) > 0 {
			p.o.Verdicts(found)
		}
	}
	if err := p.source.Commit(ctx, messages...); err != nil {
		// The next commit covers it; until then a restart repeats the batch.
		p.metrics.retries.WithLabelValues("commit").Inc()
		p.o.Logger.LogAttrs(ctx, slog.LevelWarn, "committing events failed", slog.Any("error", err))
	}
	p.metrics.batch.Observe(p.o.Now().Sub(start).Seconds())
	if newest := b.newest(); !newest.IsZero() {
		p.metrics.lag.Set(p.o.Now().Sub(newest).Seconds())
	}
	return nil
}

// drain gives a context that ends a while after ctx does.
func drain(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-out.Done():
		}
	})
	return out, func() {
		stop()
		cancel()
	}
}
