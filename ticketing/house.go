package ticketing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// Bounds of what the house gives as reason and receipt, in bytes.
const (
	maxReasonCode = 64
	maxReceipt    = 128
)

// Withdraw takes back an order that is held, or provisional before its pool's
// cut-off, and returns its places. Repeated, it answers the same. It fails
// with ErrNotFound, ErrInvalidField, ErrPastCutoff, ErrEntered, or
// ErrInvalidState for an order that has no places any more.
func (s *Service) Withdraw(ctx context.Context, call Call, id, reasonCode, receipt string) (Order, error) {
	if reasonCode == "" || len(reasonCode) > maxReasonCode {
		return Order{}, invalidField("reason_code", "want 1 to %d bytes", maxReasonCode)
	}
	if len(receipt) > maxReceipt {
		return Order{}, invalidField("receipt", "want at most %d bytes", maxReceipt)
	}
	return once(ctx, s, call, "house", func(ctx context.Context, w *work) (Order, error) {
		order, err := w.Order(ctx, id)
		if err != nil {
			return Order{}, err
		}
		switch order.State {
		case StateWithdrawn:
			return order, nil
		case StateConfirmed:
			return Order{}, ErrPastCutoff
		case StateProvisional:
			if !w.now.Before(order.ProvisionalUntil) {
				return Order{}, ErrPastCutoff
			}
		case StateHeld, StateExpired, StateCancelled: // release refuses what has no places
		}
		if err := w.notEntered(ctx, order, order.Positions); err != nil {
			return Order{}, err
		}
		order.Withdrawal = Withdrawal{From: order.State, ReasonCode: reasonCode, Receipt: receipt, At: w.now}
		if err := release(ctx, w, &order, StateWithdrawn, EventWithdrawn); err != nil {
			return Order{}, err
		}
		err = s.tell(ctx, w, &order, TellWithdrawn)
		return order, err
	})
}

// Reinstate gives a withdrawn order its places back: held again for a whole
// hold if it was held and must still be paid, settled otherwise. An order that
// was reinstated before stays as it is. It fails with ErrNotFound, ErrNoPlace,
// ErrDocumentTaken, ErrDateUnavailable or ErrInvalidState.
func (s *Service) Reinstate(ctx context.Context, call Call, id string) (Order, error) {
	return once(ctx, s, call, "house", func(ctx context.Context, w *work) (Order, error) {
		order, err := w.Order(ctx, id)
		if err != nil {
			return Order{}, err
		}
		if order.State.Live() && !order.ReinstatedAt.IsZero() {
			return order, nil
		}
		if order.State != StateWithdrawn {
			return Order{}, invalidState(order.State)
		}
		if order.Date < DateOf(w.now) {
			return Order{}, ErrDateUnavailable
		}
		pool, err := w.Pool(ctx, order.Pool)
		if err != nil {
			return Order{}, err
		}
		err = w.take(ctx, pool, order.Channel, order.Place(), order.Positions)
		if errors.Is(err, ErrSoldOut) || errors.Is(err, ErrDateUnavailable) || errors.Is(err, ErrSlotUnavailable) || errors.Is(err, ErrSlotNeeded) {
			return Order{}, ErrNoPlace
		}
		if err != nil {
			return Order{}, err
		}
		order.ReinstatedAt = w.now
		if order.Withdrawal.From == StateHeld && order.TotalFen > 0 {
			order.HoldExpiresAt = w.now.Add(pool.Hold)
			err = order.moveTo(StateHeld, w.now)
		} else {
			err = order.settle(pool, w.now)
		}
		if err != nil {
			return Order{}, err
		}
		if err := w.UpdateOrder(ctx, order); err != nil {
			return Order{}, err
		}
		if err := w.SetStages(ctx, order); err != nil {
			return Order{}, err
		}
		if err := w.emit(ctx, EventReinstated, order, ""); err != nil {
			return Order{}, err
		}
		err = s.tell(ctx, w, &order, TellReinstated)
		return order, err
	})
}

// PutPool creates or changes a pool and the capacity of its days, all or
// nothing, and audits it. The change is in force from the next booking on. It fails with ErrInvalidField or ErrCapacityBooked.
func (s *Service) PutPool(ctx context.Context, call Call, change PoolChange) (Pool, error) {
	if err := change.validate(); err != nil {
		return Pool{}, err
	}
	pool, err := once(ctx, s, call, "operations", func(ctx context.Context, w *work) (Pool, error) {
		return change.apply(ctx, w)
	})
	if err == nil {
		s.forget(change.Pool.ID)
	}
	return pool, err
}

// apply makes the change and audits it.
func (c PoolChange) apply(ctx context.Context, w *work) (Pool, error) {
	id := c.Pool.ID
	old, err := w.Pool(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Pool{}, err
	}
	if err != nil {
		old = Pool{}
	}
	if err := c.kindAfter(old); err != nil {
		return Pool{}, err
	}
	daysBefore, err := dayRecords(ctx, w, id, c.Days)
	if err != nil {
		return Pool{}, err
	}
	changed := c.onto(old)
	if err := w.PutPool(ctx, changed); err != nil {
		return Pool{}, err
	}
	for i, d := range c.Days {
		if err := putDay(ctx, w, id, d); err != nil {
			return Pool{}, err
		}
		if err := openDay(ctx, w, changed, d, fmt.Sprintf("days[%d].opens_at", i)); err != nil {
			return Pool{}, err
		}
	}
	daysAfter, err := dayRecords(ctx, w, id, c.Days)
	if err != nil {
		return Pool{}, err
	}
	next, err := w.Pool(ctx, id)
	if err != nil {
		return Pool{}, err
	}
	return next, w.record(ctx, id, "pool", recordOf(old, daysBefore), recordOf(next, daysAfter))
}

// onto is the pool as the change leaves it.
func (c PoolChange) onto(old Pool) Pool {
	next := c.Pool
	next.Products, next.Rules = old.Products, old.Rules
	next.Kind, next.NameEN, next.Activity = cmp.Or(old.Kind, PoolPermanent), old.NameEN, old.Activity
	if c.Kind != nil {
		next.Kind = *c.Kind
	}
	if c.NameEN != nil {
		next.NameEN = *c.NameEN
	}
	if c.Activity != nil {
		next.Activity = c.Activity
	}
	if c.Products != nil {
		next.Products = *c.Products
	}
	if c.Rules != nil {
		next.Rules = *c.Rules
	}
	if next.Kind.SignUp() && next.Rules.CheckIn == nil {
		next.Rules.CheckIn = &CheckInRules{FromSeconds: signInEarly}
	}
	if next.Kind == PoolGuardian {
		next.Rules.PhoneRequired = true // a volunteer who does not come is called
	}
	return next
}

// putDay sets a day's places, in all or by slots.
func putDay(ctx context.Context, w *work, pool string, d DayCapacity) error {
	if len(d.Slots) > 0 {
		return w.PutSlots(ctx, pool, Date(d.Date), d.slots())
	}
	return w.PutDay(ctx, pool, Date(d.Date), d.Capacity)
}

// maxEvents bounds one reading of the outbox.
const maxEvents = 1000

// Events reads the outbox after a sequence number, for reconciliation.
func (s *Service) Events(ctx context.Context, after int64, limit int) ([]Event, error) {
	if limit < 1 || limit > maxEvents {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxEvents, limit)
	}
	var events []Event
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		events, err = r.Events(ctx, after, limit)
		return err
	})
	return events, err
}
