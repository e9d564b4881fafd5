package ticketing

import (
	"context"
	"fmt"
	"slices"
)

// Cancel gives an order's places back. A cancelled order stays as it is. It
// fails with ErrNotFound, ErrInvalidState, ErrTooLate after the pool's
// deadline, ErrEntered once somebody entered, or ErrDateUnavailable once the day
// is past.
func (s *Service) Cancel(ctx context.Context, call Call, account, id string) (Order, error) {
	return s.change(ctx, call, account, id, func(ctx context.Context, w *work, o *Order) error {
		if o.State == StateCancelled {
			return nil
		}
		if _, err := mayCancel(ctx, w, o); err != nil {
			return err
		}
		if err := w.notEntered(ctx, *o, o.Positions); err != nil {
			return err
		}
		return release(ctx, w, o, StateCancelled, EventCancelled)
	})
}

// mayCancel refuses what is too late, and returns the order's pool.
func mayCancel(ctx context.Context, w *work, o *Order) (Pool, error) {
	if o.Date < DateOf(w.now) {
		return Pool{}, ErrDateUnavailable
	}
	pool, err := w.Pool(ctx, o.Pool)
	if err != nil {
		return Pool{}, err
	}
	return pool, inTime(o, pool.Rules.RefundDeadlineSeconds, w.now)
}

// CancelPositions gives some of an order's places back; the order stays with
// the rest, costs so much less, and the outbox tells that it changed. A ticket
// for several persons is cancelled whole, and an adult not without the minors
// tied to them; all positions together are the order. It fails as Cancel does,
// and with ErrInvalidField or ErrAdultNeeded.
func (s *Service) CancelPositions(ctx context.Context, call Call, account, id string, positions []string) (Order, error) {
	if len(positions) == 0 || len(positions) > maxGroup {
		return Order{}, invalidField("positions", "want 1 to %d, got %d", maxGroup, len(positions))
	}
	return s.change(ctx, call, account, id, func(ctx context.Context, w *work, o *Order) error {
		if !o.State.Live() {
			return invalidState(o.State)
		}
		pool, err := mayCancel(ctx, w, o)
		if err != nil {
			return err
		}
		gone, rest, err := split(o.Positions, positions)
		if err != nil {
			return err
		}
		if err := w.notEntered(ctx, *o, gone); err != nil {
			return err
		}
		if len(rest) == 0 {
			return release(ctx, w, o, StateCancelled, EventCancelled)
		}
		if err := pool.mayPart(gone, rest); err != nil {
			return err
		}
		o.Positions, o.UpdatedAt = rest, w.now
		for _, p := range gone {
			o.TotalFen -= p.PriceFen
		}
		if err := w.CancelPositions(ctx, o.ID, positions, w.now); err != nil {
			return err
		}
		if err := w.UpdateOrder(ctx, *o); err != nil {
			return err
		}
		if err := w.giveBack(ctx, o.Channel, o.Place(), gone); err != nil {
			return err
		}
		return w.emit(ctx, EventChanged, *o, "")
	})
}

// split parts the named positions from the others.
func split(all []Position, named []string) (gone, rest []Position, err error) {
	for i, id := range named {
		if !slices.ContainsFunc(all, func(p Position) bool { return p.ID == id }) {
			return nil, nil, invalidField(fmt.Sprintf("positions[%d]", i), "is not a position of this order, or no longer")
		}
	}
	for _, p := range all {
		if slices.Contains(named, p.ID) {
			gone = append(gone, p)
		} else {
			rest = append(rest, p)
		}
	}
	return gone, rest, nil
}

// mayPart refuses to tear tickets apart and to leave minors alone.
func (p Pool) mayPart(gone, rest []Position) error {
	for _, left := range rest {
		if slices.ContainsFunc(gone, func(g Position) bool { return g.ID == left.AdultID }) {
			return &Error{Code: CodeAdultNeeded, Field: "positions", Detail: "a minor who stays is tied to an adult who would go"}
		}
		if !slices.ContainsFunc(gone, func(g Position) bool { return g.Unit == left.Unit }) {
			continue
		}
		product, known := p.product(left.Product)
		if !known || product.Kind != ProductGroup {
			return invalidField("positions", "a ticket for several persons is cancelled whole")
		}
		stay := 0
		for _, other := range rest {
			if other.Unit == left.Unit {
				stay++
			}
		}
		if stay < product.Persons {
			return invalidField("positions", "a group %q needs %d persons, %d would stay", product.ID, product.Persons, stay)
		}
	}
	return nil
}
