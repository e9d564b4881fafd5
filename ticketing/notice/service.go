package notice

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing"
	"fairgate/ticketing/microcache"
)

// Codes of refusals that are the notices' own.
const (
	CodeTooMany         ticketing.Code = "too_many_announcements"
	CodeVersionConflict ticketing.Code = "version_conflict"
)

// Sentinel refusals, to be compared with errors.Is.
var (
	ErrTooMany         = &ticketing.Error{Code: CodeTooMany, Detail: fmt.Sprintf("at most %d announcements can be published or scheduled at a time", MaxShown)}
	ErrVersionConflict = &ticketing.Error{Code: CodeVersionConflict, Field: "version", Detail: "somebody has changed it meanwhile"}
)

// Options tune a Service. The zero value of a field means its default.
type Options struct {
	MaxAge     time.Duration         // of what visitors are shown; default 250 ms, negative = always fresh
	Registerer prometheus.Registerer // default: metrics are kept but not exposed
}

// Service applies the life of announcements on a Store. It is safe for
// concurrent use; several processes may serve the same store.
type Service struct {
	store   Store
	clock   func() time.Time
	board   *microcache.Cache[board]
	changes *prometheus.CounterVec
}

// New makes a Service. The clock judges what is shown.
func New(store Store, clock func() time.Time, opts Options) (*Service, error) {
	s := &Service{store: store, clock: clock, changes: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairgate_notice_changes_total", Help: "Changes of announcements and of the venue's page, by what was done.",
	}, []string{"what"})}
	if opts.Registerer != nil {
		if err := opts.Registerer.Register(s.changes); err != nil {
			return nil, fmt.Errorf("new notice service: %w", err)
		}
	}
	s.board = microcache.New(s.now, s.readBoard, microcache.Options{MaxAge: opts.MaxAge, Bound: 1})
	return s, nil
}

// now is the clock's time as the store keeps it: UTC, whole milliseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// scope of the idempotency keys that the house uses; ticketing has the same.
const scope = "operations"

// write runs fn in a transaction, at most once for an idempotency key, and lets
// the next reader see what it did.
func write[T any](ctx context.Context, s *Service, call ticketing.Call, what string, fn func(ctx context.Context, tx Tx, by stamp) (T, error)) (T, error) {
	var result, none T
	who, err := call.Who()
	if err != nil {
		return none, err
	}
	if err := call.CheckKey(); err != nil {
		return none, err
	}
	sum := sha256.Sum256(call.Request)
	err = s.store.UpdateNotices(ctx, func(ctx context.Context, tx Tx) error {
		by := stamp{who: who, what: what, at: s.now()}
		var err error
		result, err = ticketing.AtMostOnce(ctx, tx, call, scope, sum[:], by.at, func(ctx context.Context) (T, error) { return fn(ctx, tx, by) })
		return err
	})
	if err != nil {
		return none, err
	}
	s.changes.WithLabelValues(what).Inc()
	s.board.Forget(boardKey)
	return result, nil
}

// stamp is who does what, and when.
type stamp struct {
	who, what string
	at        time.Time
}

// revision is the record of a change that left something as it is now.
func (b stamp) revision(version int64, after any) (Revision, error) {
	text, err := json.Marshal(after)
	if err != nil {
		return Revision{}, fmt.Errorf("record revision: %w", err)
	}
	return Revision{Version: version, At: b.at, Who: b.who, What: b.what, After: text}, nil
}

// newID makes an identifier that sorts by time of making (UUIDv7, RFC 9562).
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make identifier: %w", err)
	}
	return id.String(), nil
}
