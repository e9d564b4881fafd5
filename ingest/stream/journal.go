package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest/stream/spool"
)

// Sink takes messages to the log and returns when they are safe there. A
// *PublishError names those that are not. Once it has returned without an error
// it looks at their values no more: their memory is used again.
type Sink interface {
	Send(ctx context.Context, messages ...Message) error
}

// JournalOptions tune a Journal; zero values mean the defaults named.
type JournalOptions struct {
	// MaxBytes bounds the spool on disk and in memory; 1 GiB. Ordinary
	// records are refused from 90 % of it on, intents from 95 %.
	MaxBytes int64
	// SegmentBytes is the size of a spool file; 16 MiB, never more than an
	// eighth of MaxBytes.
	SegmentBytes int64
	// MaxBuffered bounds what waits in memory for a slow disk; 32 MiB.
	MaxBuffered int64
	// SyncEvery is how long ordinary records may stay unsynced; 1 s.
	SyncEvery time.Duration
	// IntentAge is how long an intent waits for its outcome before it is
	// published as it is; 10 min. At most MaxOpenIntents (65,536) wait.
	IntentAge      time.Duration
	MaxOpenIntents int
	// Gather is how long a busy journal waits for more intents to share the
	// disk's work with, beside the time that the disk takes; 3 ms, negative: not
	// at all. It is busy while at least four intents went together.
	Gather time.Duration
	// Now is the clock that dates frames and judges IntentAge.
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (o JournalOptions) withDefaults() JournalOptions {
	def := func(v *int64, to int64) {
		if *v <= 0 {
			*v = to
		}
	}
	def(&o.MaxBytes, 1<<30)
	def(&o.SegmentBytes, 16<<20)
	def(&o.MaxBuffered, 32<<20)
	o.SegmentBytes = min(o.SegmentBytes, o.MaxBytes/8)
	o.MaxBuffered = min(o.MaxBuffered, o.MaxBytes)
	if o.SyncEvery <= 0 {
		o.SyncEvery = time.Second
	}
	if o.Gather == 0 {
		o.Gather = 3 * time.Millisecond
	}
	if o.IntentAge <= 0 {
		o.IntentAge = 10 * time.Minute
	}
	if o.MaxOpenIntents <= 0 {
		o.MaxOpenIntents = 1 << 16
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Journal is the one path of records to a topic: each is appended to the
// spool on disk first; a drainer publishes from there in order and deletes
// whole segments that are done. While the sink is away the spool grows up to
// its bound. It is safe for concurrent use.
type Journal struct {
	opts    JournalOptions
	log     *spool.Log
	metrics *journalMetrics
	drain   *drainer

	entries sync.Pool // of *entry that nobody waits for or will write any more

	mu       sync.Mutex
	pending  []*entry
	spare    []*entry // the array of the batch before, for the next one
	buffered int64    // bytes of pending
	closed   bool
	due      *time.Timer // wakes the writer for what nobody waits for
	dueSet   bool

	wake    chan struct{} // of the writer; holds one
	stop    chan struct{} // closed by Close
	written chan struct{} // closed when the writer has ended
	closing sync.Once
	result  error
}

// company is how long a record that nobody waits for stays in memory, for
// others to share the writing with: under load it goes with the next intent.
const company = 5 * time.Millisecond

// entry is one frame on its way to the disk.
type entry struct {
	class   class
	payload []byte
	done    chan error // answers an intent; holds one
}

// waits reports that somebody waits for e to be on disk.
func (e *entry) waits() bool { return e.class == classIntent }

// class says what a frame is worth when room is scarce; it is the metric
// label.
type class string

const (
	classRead       class = "read"
	classIntent     class = "intent"
	classCompletion class = "completion"
)

// share of MaxBytes up to which a class is admitted, in hundredths.
func (c class) share() int64 {
	switch c {
	case classRead:
		return 90
	case classIntent:
		return 95
	default:
		return 100
	}
}

// OpenJournal opens the journal in dir and starts draining it into topic.
// What an earlier process left is published first; intents that it never
// completed are published as they were written. The caller must Close it.
func OpenJournal(dir, topic string, sink Sink, opts JournalOptions) (*Journal, error) {
	opts = opts.withDefaults()
	log, err := spool.Open(dir, spool.Options{SegmentBytes: opts.SegmentBytes})
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{
		opts: opts, log: log,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), written: make(chan struct{}),
	}
	j.due = time.AfterFunc(time.Hour, func() { signal(j.wake) })
	j.due.Stop()
	j.entries.New = func() any { return &entry{done: make(chan error, 1)} }
	j.drain, err = newDrainer(log, topic, sink, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal: %w", err), log.Close())
	}
	j.metrics = newJournalMetrics(opts.Registerer, j)
	j.drain.metrics = j.metrics
	if n := log.Repaired(); n > 0 {
		opts.Logger.Warn("spool tail was torn", "bytes_cut", n)
	}
	go j.write()
	j.drain.start()
	return j, nil
}

// Intend puts a record on disk and waits until it is safe there. Until
// Complete is called with the same id the record is kept back; if that does
// not happen within IntentAge, or the process ends, it is published as it is.
// Lack of room is ErrSpoolFull. When ctx ends first the record may be on disk
// all the same.
func (j *Journal) Intend(ctx context.Context, r Record) error {
	e, err := j.frame(frameIntent, classIntent, r)
	if err != nil {
		return err
	}
	if err := j.admit(e); err != nil {
		j.entries.Put(e)
		return err
	}
	select {
	case err := <-e.done:
		j.entries.Put(e) // answering was the last that the writer did with it
		return err
	case <-ctx.Done():
		return fmt.Errorf("intent not confirmed: %w", ctx.Err())
	}
}

// Complete takes a record to be published and does not wait for the disk. If
// its id was intended, the intent is settled by it. Lack of room is
// ErrSpoolFull, and counted.
func (j *Journal) Complete(_ context.Context, r Record) error {
	c := classRead
	if r.Urgent {
		c = classCompletion
	}
	e, err := j.frame(frameRecord, c, r)
	if err != nil {
		return err
	}
	if err := j.admit(e); err != nil {
		j.entries.Put(e)
		return err
	}
	return nil
}

func (j *Journal) frame(kind frameKind, c class, r Record) (*entry, error) {
	e, _ := j.entries.Get().(*entry) // the pool holds nothing else
	payload, err := appendFrame(e.payload[:0], kind, j.opts.Now().UnixMilli(), r)
	if err != nil {
		j.entries.Put(e)
		j.metrics.dropped.WithLabelValues(string(c)).Inc()
		return nil, err
	}
	e.class, e.payload = c, payload
	return e, nil
}

// admit hands e to the writer if there is room for its class.
func (j *Journal) admit(e *entry) error {
	size := spool.FrameSize(len(e.payload))
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return ErrClosed
	}
	share := e.class.share()
	if j.log.Bytes()+j.buffered+size > j.opts.MaxBytes/100*share || j.buffered+size > j.opts.MaxBuffered/100*share {
		j.metrics.dropped.WithLabelValues(string(e.class)).Inc()
		return ErrSpoolFull
	}
	j.pending = append(j.pending, e)
	j.buffered += size
	switch {
	case e.waits():
		signal(j.wake)
	case !j.dueSet:
		j.dueSet = true
		j.due.Reset(company)
	}
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Stats are a Journal's figures at one moment.
type Stats struct {
	Bytes       int64 // on disk and in memory
	Backlog     int64 // bytes that the sink does not have yet
	OpenIntents int
	Damaged     int64 // bytes skipped because they did not check
}

// Stats returns the current figures.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	buffered := j.buffered
	j.mu.Unlock()
	s := j.drain.stats()
	s.Bytes = j.log.Bytes() + buffered
	s.Backlog += buffered
	return s
}

// Close refuses new records, puts what it has on disk, and drains until
// everything is published or ctx ends; the rest waits on disk for the next
// OpenJournal. It may be called twice.
func (j *Journal) Close(ctx context.Context) error {
	j.closing.Do(func() {
		j.mu.Lock()
		j.closed = true
		j.mu.Unlock()
		close(j.stop)
		<-j.written
		j.result = errors.Join(j.drain.close(ctx), j.log.Close())
	})
	return j.result
}
