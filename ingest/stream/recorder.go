package stream

import (
	"context"
	"fmt"
	"sync"

	"fairgate/ingest"
)

// Recorder takes ingest.Events to a Journal as JSON, keyed by account, or by
// device or address where there is none. An intent is spooled with its
// disposition set to unknown, which is what it says if nothing follows.
type Recorder struct {
	journal Taker
	buffers sync.Pool // of *[]byte; a journal keeps nothing of a Record
}

var _ ingest.Recorder = (*Recorder)(nil)

// Taker takes records of events; *Journal is one. It keeps nothing of a Record.
type Taker interface {
	// Intend returns when the record is safe, to be completed later.
	Intend(ctx context.Context, r Record) error
	// Complete takes the record that holds.
	Complete(ctx context.Context, r Record) error
}

// NewRecorder records into j.
func NewRecorder(j Taker) *Recorder {
	return &Recorder{journal: j, buffers: sync.Pool{New: func() any { return new([]byte) }}}
}

// Intend implements ingest.Recorder. A full spool is ErrSpoolFull.
func (r *Recorder) Intend(ctx context.Context, e *ingest.Event) error {
	intent := *e
	intent.Outcome = ingest.Outcome{Disposition: ingest.DispositionUnknown}
	return r.record(ctx, &intent, r.journal.Intend)
}

// Complete implements ingest.Recorder. A full spool is ErrSpoolFull, counted.
func (r *Recorder) Complete(ctx context.Context, e *ingest.Event) error {
	return r.record(ctx, e, r.journal.Complete)
}

func (r *Recorder) record(ctx context.Context, e *ingest.Event, take func(context.Context, Record) error) error {
	buffer, _ := r.buffers.Get().(*[]byte) // the pool holds nothing else
	defer r.buffers.Put(buffer)
	value, err := e.AppendJSON((*buffer)[:0])
	if err != nil {
		return fmt.Errorf("encode event %q: %w", e.ID, err)
	}
	*buffer = value
	return take(ctx, Record{ID: e.ID, Key: EventKey(e), Value: value, Urgent: e.Kind.Order()})
}

// EventKey is the key under which an event is published: what keeps one
// actor's events in order.
func EventKey(e *ingest.Event) string {
	switch {
	case e.Subject.Account != "":
		return cut(e.Subject.Account)
	case e.Subject.Device != "":
		return cut(e.Subject.Device)
	case e.Client.IP.IsValid():
		return e.Client.IP.String()
	default:
		return ""
	}
}

// cut keeps a key within what a journal record can carry.
func cut(key string) string { return key[:min(len(key), 255)] }
