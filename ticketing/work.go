package ticketing

import (
	"context"
	"time"
)

// Call is what a request says of itself beside its content.
type Call struct {
	RequestID      string // given by the gateway; carried into events
	Actor          string // who changes a pool; for its audit
	IdempotencyKey string // optional; see Service
	Request        []byte // method, path and body: the same key with another request is refused
}

// work is one attempt at a transaction. A transaction may be attempted more
// than once, each time with a new work.
type work struct {
	Tx
	now    time.Time
	call   Call
	delay  func(most time.Duration) time.Duration
	events []EventType
}

// emit writes to the outbox what happened to the order.
func (w *work) emit(ctx context.Context, kind EventType, o Order, fromAccount string) error {
	id, err := newID()
	if err != nil {
		return err
	}
	w.events = append(w.events, kind)
	return w.Append(ctx, Event{
		ID: id, Type: kind, OccurredAt: Millis{w.now}, OrderID: o.ID, AccountID: o.AccountID,
		FromAccountID: fromAccount, Pool: o.Pool, Date: o.Date, State: o.State,
		Positions: len(o.Positions), Channel: o.Channel, RequestID: w.call.RequestID,
	})
}

// bookedEvent names the event of an order that settled.
func bookedEvent(o Order) EventType {
	if o.State == StateProvisional {
		return EventProvisional
	}
	return EventConfirmed
}

// update runs fn in a transaction and counts its events once it has committed.
func (s *Service) update(ctx context.Context, call Call, fn func(ctx context.Context, w *work) error, ahead ...Foresight) error {
	var done *work
	err := s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		done = &work{Tx: tx, now: s.now(), call: call, delay: s.opts.Delay}
		return fn(ctx, done)
	}, ahead...)
	if err != nil {
		return err
	}
	for _, kind := range done.events {
		s.metrics.events.WithLabelValues(string(kind)).Inc()
	}
	return nil
}

// once runs fn in a transaction, at most once for an idempotency key: the key
// seen again with the same request gets the first result, with another request
// ErrIdempotencyMismatch. The result is remembered in the same transaction as
// its effect; refusals leave no effect and are not remembered. Scope keeps one
// caller's keys from another's.
func once[T any](ctx context.Context, s *Service, call Call, scope string, fn func(ctx context.Context, w *work) (T, error), ahead ...Foresight) (T, error) {
	var result T
	if err := call.CheckKey(); err != nil {
		return result, err
	}
	fingerprint := s.vault.Key("request", string(call.Request))
	err := s.update(ctx, call, func(ctx context.Context, w *work) error {
		var err error // a second attempt must not see the first one's result
		result, err = AtMostOnce(ctx, w, call, scope, fingerprint, w.now, func(ctx context.Context) (T, error) { return fn(ctx, w) })
		return err
	}, ahead...)
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
}
