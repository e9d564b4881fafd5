package stream

import (
	"context"
	"encoding/json"
	"fmt"

	"fairgate/ingest"
)

// Recorder takes ingest.Events to a Journal as JSON, keyed by account, or by
// device or address where there is none. An intent is spooled with its
// disposition set to unknown, which is what it says if nothing follows.
type Recorder struct{ journal *Journal }

var _ ingest.Recorder = (*Recorder)(nil)

// NewRecorder records into j.
func NewRecorder(j *Journal) *Recorder { return &Recorder{journal: j} }

// Intend implements ingest.Recorder. A full spool is ErrSpoolFull.
func (r *Recorder) Intend(ctx context.Context, e *ingest.Event) error {
	intent := *e
	intent.Outcome = ingest.Outcome{Disposition: ingest.DispositionUnknown}
	rec, err := encode(&intent)
	if err != nil {
		return err
	}
	return r.journal.Intend(ctx, rec)
}

// Complete implements ingest.Recorder. A full spool is ErrSpoolFull, counted.
func (r *Recorder) Complete(ctx context.Context, e *ingest.Event) error {
	rec, err := encode(e)
	if err != nil {
		return err
	}
	return r.journal.Complete(ctx, rec)
}

func encode(e *ingest.Event) (Record, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return Record{}, fmt.Errorf("encode event %q: %w", e.ID, err)
	}
	return Record{ID: e.ID, Key: EventKey(e), Value: b, Urgent: e.Kind.Order()}, nil
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
