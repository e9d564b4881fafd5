package ticketing

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// permit applies the pool's rules about persons to positions that are to be
// booked. The order is where they are to stand; instead says which day they
// stand on now, if any, so that it is not counted twice.
func permit(ctx context.Context, w *work, pool Pool, o Order, instead Date) error {
	rules := pool.Rules
	if rules.LimitPerPerson > 0 && !o.isGroup() && visitorsChannel(o.Channel) && instead != o.Date {
		have, err := w.LivePositions(ctx, o.AccountID, pool.ID, o.Date)
		if err != nil {
			return err
		}
		if have+len(o.Positions) > rules.LimitPerPerson {
			return &Error{Code: CodePersonLimit, Field: "positions", Detail: fmt.Sprintf("at most %d a day for one account: %d are booked, %d more wanted", rules.LimitPerPerson, have, len(o.Positions))}
		}
	}
	for i, p := range o.Positions {
		field := fmt.Sprintf("positions[%d].document", i)
		if err := withinWindow(ctx, w, pool, p, o.Date, instead, field); err != nil {
			return err
		}
		if err := notFrozen(ctx, w, pool, p, field); err != nil {
			return err
		}
		if err := signedUpOnce(ctx, w, pool, p, o.Date, instead, field); err != nil {
			return err
		}
	}
	return nil
}

// withinWindow holds the identity window rule: in every window of so many days
// that contains the wanted one, the document may visit at most so often.
func withinWindow(ctx context.Context, w *work, pool Pool, p Position, on, instead Date, field string) error {
	rules := pool.Rules
	if rules.WindowBookings == 0 {
		return nil
	}
	around := make([]Date, 0, 2*rules.WindowDays-1)
	for d := 1 - rules.WindowDays; d < rules.WindowDays; d++ {
		around = append(around, on.plus(d))
	}
	visits, err := w.VisitDays(ctx, pool.ID, p.DocumentKey, around)
	if err != nil {
		return err
	}
	for first := range rules.WindowDays { // around[first] begins a window that ends on or after the wanted day
		window, count := around[first:first+rules.WindowDays], 1
		for _, day := range visits {
			if day != instead && day != on && slices.Contains(window, day) {
				count++
			}
		}
		if count > rules.WindowBookings {
			return &Error{Code: CodeIdentityLimit, Field: field, Detail: fmt.Sprintf("at most %d visits within %d days for one document", rules.WindowBookings, rules.WindowDays)}
		}
	}
	return nil
}

// notFrozen holds the no-show rule: every so many no-shows freeze a document.
func notFrozen(ctx context.Context, w *work, pool Pool, p Position, field string) error {
	rules := pool.Rules
	if rules.NoShowStrikes == 0 {
		return nil
	}
	missed, err := w.NoShows(ctx, pool.ID, p.DocumentKey)
	if err != nil || len(missed) < rules.NoShowStrikes {
		return err
	}
	last := len(missed) - len(missed)%rules.NoShowStrikes - 1
	until := missed[last].AddDate(0, 0, rules.NoShowFreezeDays)
	if w.now.Before(until) {
		return &Error{Code: CodeFrozen, Field: field, Detail: fmt.Sprintf("after %d no-shows booking is frozen until %s", rules.NoShowStrikes, DateOf(until))}
	}
	return nil
}

// NoShow records that a booked visitor did not come.
type NoShow struct {
	PositionID  string
	OrderID     string
	Pool        string
	Date        Date
	DocumentKey []byte
	At          time.Time
}

// RecordNoShow notes that the visitor of a booked position did not come, once
// the visit day is over. Repeated, it keeps the first note. It fails with
// ErrNotFound, ErrInvalidState, ErrEntered or, before the day is over, ErrDateUnavailable.
func (s *Service) RecordNoShow(ctx context.Context, call Call, position string) error {
	_, err := once(ctx, s, call, "house", func(ctx context.Context, w *work) (struct{}, error) {
		id, err := w.OrderOfPosition(ctx, position)
		if err != nil {
			return struct{}{}, err
		}
		order, err := w.Order(ctx, id)
		if err != nil {
			return struct{}{}, err
		}
		i := slices.IndexFunc(order.Positions, func(p Position) bool { return p.ID == position })
		if i < 0 || order.State != StateProvisional && order.State != StateConfirmed {
			return struct{}{}, invalidState(order.State)
		}
		if order.Date >= DateOf(w.now) {
			return struct{}{}, &Error{Code: CodeDateUnavailable, Field: "date", Detail: "the visit day is not over"}
		}
		if err := w.notEntered(ctx, order, order.Positions[i:i+1]); err != nil {
			return struct{}{}, err
		}
		fresh, err := w.RecordNoShow(ctx, NoShow{
			PositionID: position, OrderID: id, Pool: order.Pool, Date: order.Date, DocumentKey: order.Positions[i].DocumentKey, At: w.now,
		})
		if err != nil || !fresh {
			return struct{}{}, err
		}
		order.Positions = order.Positions[i : i+1]
		return struct{}{}, w.emit(ctx, EventNoShow, order, "")
	})
	return err
}
