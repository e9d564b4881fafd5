package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"fairgate/ingest/outage"
	"fairgate/ingest/stream/spool"
)

const (
	cursorFile   = "cursor.json"
	cursorEvery  = 250 * time.Millisecond
	drainRecords = 2000
	drainBytes   = 2 << 20
	maxBackoff   = 5 * time.Second
)

// cursor is what the drainer remembers across restarts: where to read on, and
// which intents before that place still wait for their outcome.
type cursor struct {
	Next spool.Position `json:"next"`
	Open []openIntent   `json:"open,omitempty"`
}

// drainer publishes from the spool, in order. Its run goroutine owns all but
// what mu guards.
type drainer struct {
	opts    JournalOptions
	log     *spool.Log
	topic   string
	sink    Sink
	metrics *journalMetrics

	reader  *spool.Reader
	intents *intents
	boot    uint64 // first segment of this process
	saved   time.Time
	unsaved bool
	failing map[string]bool // upkeep that failed the last time; said once
	away    *outage.Log     // the sink

	wake    chan struct{}
	cancel  context.CancelFunc // ends run's context
	finish  chan struct{}      // closed: stop at the end of the log
	stopped chan struct{}

	mu   sync.Mutex
	view struct {
		next    spool.Position // first frame not published
		open    int
		damaged int64
	}
}

func newDrainer(log *spool.Log, topic string, sink Sink, opts JournalOptions) (*drainer, error) {
	var c cursor
	b, err := log.ReadState(cursorFile)
	if err != nil {
		return nil, err
	}
	if b != nil {
		if err := json.Unmarshal(b, &c); err != nil {
			// Written atomically, so somebody else's doing. Everything still
			// in the spool is published again, which the ids make harmless.
			opts.Logger.Warn("spool cursor is unreadable", "error", err)
			c = cursor{}
		}
	}
	d := &drainer{
		opts: opts, log: log, topic: topic, sink: sink,
		reader: log.Reader(c.Next), intents: newIntents(c.Open), boot: log.End().Segment,
		failing: make(map[string]bool),
		away:    outage.New(opts.Logger, opts.Now, slog.LevelWarn, "events wait in the spool", "events no longer wait in the spool"),
		wake:    make(chan struct{}, 1), finish: make(chan struct{}), stopped: make(chan struct{}),
	}
	d.view.next, d.view.open = c.Next, d.intents.len()
	return d, nil
}

// start begins to publish.
func (d *drainer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	go d.run(ctx)
}

// run publishes until close, and then until the end of the log or of ctx.
func (d *drainer) run(ctx context.Context) {
	defer close(d.stopped)
	tick := time.NewTicker(cursorEvery)
	defer tick.Stop()
	finish, closing := d.finish, false
	for {
		batch := d.gather()
		if len(batch) > 0 && !d.publish(ctx, batch) {
			return
		}
		d.away.Report(ctx, nil)
		d.reader.Release()
		d.advance()
		if len(batch) > 0 {
			continue
		}
		if closing && d.atEnd() {
			return
		}
		select {
		case <-d.wake:
		case <-tick.C:
		case <-finish:
			finish, closing = nil, true
		case <-ctx.Done():
			return
		}
	}
}

// gather reads the next batch and settles intents with it.
func (d *drainer) gather() []Message {
	var batch []Message
	for size := 0; len(batch) < drainRecords && size < drainBytes; {
		payload, at, err := d.reader.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				d.metrics.errors.WithLabelValues("read").Inc()
				d.opts.Logger.Error("spool is unreadable", "error", err)
				return batch
			}
			if d.atEnd() {
				batch = d.recovered(batch, d.boot)
				batch = d.expire(batch, d.opts.Now().UnixMilli())
			}
			return batch
		}
		batch = d.recovered(batch, at.Segment)
		f, err := decodeFrame(payload)
		if err != nil {
			d.metrics.dropped.WithLabelValues("rejected").Inc()
			continue
		}
		batch = d.expire(batch, f.at)
		if f.kind == frameIntent {
			d.intents.add(openIntent{ID: string(f.id), At: at, Time: f.at})
			continue
		}
		d.intents.settle(f.id)
		batch = append(batch, Message{Topic: d.topic, Key: string(f.key), Value: f.value})
		size += len(payload)
	}
	return batch
}

func (d *drainer) atEnd() bool { return d.log.BytesFrom(d.reader.Position()) == 0 }

// recovered publishes the intents of earlier processes once everything those
// processes wrote has been read.
func (d *drainer) recovered(batch []Message, segment uint64) []Message {
	if d.boot == 0 || segment < d.boot {
		return batch
	}
	boot := d.boot
	d.boot = 0
	return d.giveUp(batch, d.intents.takeWhile(func(i openIntent) bool { return i.At.Segment < boot }))
}

// expire publishes intents that are too old at a moment (Unix milliseconds in
// the log's own time) or too many.
func (d *drainer) expire(batch []Message, now int64) []Message {
	age := d.opts.IntentAge.Milliseconds()
	return d.giveUp(batch, d.intents.takeWhile(func(i openIntent) bool {
		return now-i.Time > age || d.intents.len() > d.opts.MaxOpenIntents
	}))
}

// giveUp reads intents from the disk and publishes them as they are.
func (d *drainer) giveUp(batch []Message, gone []openIntent) []Message {
	for _, i := range gone {
		payload, err := d.log.ReadAt(i.At)
		if err == nil {
			var f frame
			if f, err = decodeFrame(payload); err == nil && string(f.id) == i.ID {
				d.metrics.unknown.Inc()
				batch = append(batch, Message{Topic: d.topic, Key: string(f.key), Value: f.value})
				continue
			}
		}
		d.metrics.errors.WithLabelValues("read").Inc()
		d.opts.Logger.Error("spooled intent is unreadable", "event_id", i.ID, "error", err)
	}
	return batch
}

// publish sends until the sink has all of it; false: the journal closes.
func (d *drainer) publish(ctx context.Context, batch []Message) bool {
	for wait := 50 * time.Millisecond; len(batch) > 0; wait = min(2*wait, maxBackoff) {
		err := d.sink.Send(ctx, batch...)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		d.reader.Keep() // a request that came to nothing may still be on its way
		d.metrics.errors.WithLabelValues("publish").Inc()
		d.away.Report(ctx, err, slog.Int("messages", len(batch)))
		left := len(batch)
		batch = d.unsent(ctx, batch, err)
		if len(batch) < left {
			wait = 25 * time.Millisecond
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
	return true
}

// unsent returns what is left to send after err. What the broker will never
// take is found by sending one at a time, counted and left out.
func (d *drainer) unsent(ctx context.Context, batch []Message, err error) []Message {
	var partial *PublishError
	if errors.As(err, &partial) && len(partial.Failed) > 0 {
		batch = partial.Failed
	}
	if !errors.Is(err, ErrRejected) {
		return batch
	}
	var left []Message
	for i, m := range batch {
		err := d.sink.Send(ctx, m)
		switch {
		case err == nil:
		case errors.Is(err, ErrRejected):
			d.metrics.dropped.WithLabelValues("rejected").Inc()
			d.opts.Logger.ErrorContext(ctx, "event was rejected for good", "error", err, "bytes", len(m.Value))
		default:
			return append(left, batch[i:]...)
		}
	}
	return left
}

// advance forgets what is published: it deletes whole segments at once and
// writes the cursor now and then. A crash in between repeats some messages.
func (d *drainer) advance() {
	next := d.reader.Position()
	d.mu.Lock()
	moved := d.view.next != next || d.view.open != d.intents.len()
	d.view.next, d.view.open, d.view.damaged = next, d.intents.len(), d.reader.Damaged()
	d.mu.Unlock()
	d.unsaved = d.unsaved || moved
	if !d.unsaved || time.Since(d.saved) < cursorEvery {
		return
	}
	keep := next.Segment
	if at, ok := d.intents.oldest(); ok {
		keep = min(keep, at.Segment)
	}
	// Deleting does not wait for the cursor: on a full disk it is what makes
	// room for the cursor.
	d.fail("remove", d.log.Remove(keep))
	d.fail("cursor", d.save())
}

func (d *drainer) save() error {
	d.saved = time.Now()
	b, err := json.Marshal(cursor{Next: d.reader.Position(), Open: d.intents.all()})
	if err != nil {
		return fmt.Errorf("encode spool cursor: %w", err)
	}
	if err := d.log.WriteState(cursorFile, b); err != nil {
		return err
	}
	d.unsaved = false
	return nil
}

func (d *drainer) fail(op string, err error) {
	if err == nil {
		delete(d.failing, op)
		return
	}
	d.metrics.errors.WithLabelValues(op).Inc()
	if !d.failing[op] {
		d.failing[op] = true
		d.opts.Logger.Warn("spool upkeep failed, tried again until it succeeds", "op", op, "error", err)
	}
}

func (d *drainer) stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Stats{Backlog: d.log.BytesFrom(d.view.next), OpenIntents: d.view.open, Damaged: d.view.damaged}
}

// close drains until the end of the log or of ctx and saves the cursor.
func (d *drainer) close(ctx context.Context) error {
	close(d.finish)
	var err error
	select {
	case <-d.stopped:
	case <-ctx.Done():
		d.cancel()
		<-d.stopped
		if n := d.stats().Backlog; n > 0 {
			d.opts.Logger.WarnContext(ctx, "spool keeps what was not published", "bytes", n)
		}
	}
	d.cancel()
	if d.stats().Backlog == 0 {
		err = d.save()
	}
	return errors.Join(err, d.reader.Close())
}
