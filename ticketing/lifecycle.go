package ticketing

import (
	"context"
	"errors"
	"slices"

	"fairgate/ticketing/ticket"
)

// Order finds an account's own order; another's is ErrNotFound.
func (s *Service) Order(ctx context.Context, account, id string) (Order, error) {
	var order Order
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if order, err = owned(ctx, r, account, id); err != nil {
			return err
		}
		orders := []Order{order}
		if err := withNotices(ctx, r, orders); err != nil {
			return err
		}
		err = withAnswers(ctx, r, orders)
		order = orders[0]
		return err
	})
	return order, err
}

func owned(ctx context.Context, r OrderReader, account, id string) (Order, error) {
	order, err := r.Order(ctx, id)
	if err != nil {
		return Order{}, err
	}
	if order.AccountID != account {
		return Order{}, ErrNotFound
	}
	return order, nil
}

// change runs fn on an account's own order, in a transaction and at most once
// for an idempotency key.
func (s *Service) change(ctx context.Context, call Call, account, id string, fn func(ctx context.Context, w *work, o *Order) error) (Order, error) {
	return once(ctx, s, call, account, func(ctx context.Context, w *work) (Order, error) {
		order, err := owned(ctx, w, account, id)
		if err != nil {
			return Order{}, err
		}
		return order, fn(ctx, w, &order)
	})
}

// Confirm settles a held order of a free pool. A settled order stays as it is.
// It fails with ErrNotFound, ErrHoldExpired, ErrPaymentRequired or
// ErrInvalidState.
func (s *Service) Confirm(ctx context.Context, call Call, account, id string) (Order, error) {
	return s.change(ctx, call, account, id, func(ctx context.Context, w *work, o *Order) error {
		if o.State == StateProvisional || o.State == StateConfirmed {
			return nil
		}
		if o.TotalFen > 0 && o.State == StateHeld {
			return ErrPaymentRequired
		}
		return s.book(ctx, w, o)
	})
}

// Pay pays a held order in the sandbox, where every payment succeeds, and
// confirms it. A paid order stays as it is. It fails with ErrNotFound,
// ErrNothingToPay, ErrHoldExpired or ErrInvalidState.
func (s *Service) Pay(ctx context.Context, call Call, account, id string) (Order, error) {
	return s.change(ctx, call, account, id, func(ctx context.Context, w *work, o *Order) error {
		if o.TotalFen == 0 {
			return ErrNothingToPay
		}
		if o.State == StateConfirmed && !o.PaidAt.IsZero() {
			return nil
		}
		o.PaidAt = w.now
		return s.book(ctx, w, o)
	})
}

// book settles a held order whose hold has not run out and tells the outbox.
func (s *Service) book(ctx context.Context, w *work, o *Order) error {
	if o.State == StateExpired || o.State == StateHeld && !w.now.Before(o.HoldExpiresAt) {
		return ErrHoldExpired
	}
	if o.State != StateHeld {
		return invalidState(o.State)
	}
	pool, err := w.Pool(ctx, o.Pool)
	if err != nil {
		return err
	}
	if err := o.settle(pool, w.now); err != nil {
		return err
	}
	if err := w.UpdateOrder(ctx, *o); err != nil {
		return err
	}
	if !o.PaidAt.IsZero() {
		if err := w.emit(ctx, EventPaid, *o, ""); err != nil {
			return err
		}
	}
	return w.emit(ctx, bookedEvent(*o), *o, "")
}

// release moves an order to a state in which it has no places, gives them back
// and tells the outbox.
func release(ctx context.Context, w *work, o *Order, next State, kind EventType) error {
	if err := o.moveTo(next, w.now); err != nil {
		return err
	}
	if err := w.UpdateOrder(ctx, *o); err != nil {
		return err
	}
	if err := w.giveBack(ctx, o.Channel, o.Place(), o.Positions); err != nil {
		return err
	}
	return w.emit(ctx, kind, *o, "")
}

// ChangeDate moves a settled order to another day or slot of its pool; without
// a slot it keeps the one it has. It fails with ErrNotFound, ErrInvalidField,
// ErrInvalidState, ErrTooLate, ErrNotOpen, ErrDateUnavailable, ErrSlotNeeded,
// ErrSlotUnavailable, ErrAdultNeeded, ErrPersonLimit, ErrIdentityLimit,
// ErrFrozen, ErrSoldOut or ErrDocumentTaken, and then the order keeps its place.
func (s *Service) ChangeDate(ctx context.Context, call Call, account, id, date, slot string) (Order, error) {
	wanted, err := parsePlace("", date, slot)
	if err != nil {
		return Order{}, err
	}
	return s.change(ctx, call, account, id, func(ctx context.Context, w *work, o *Order) error {
		if o.State != StateProvisional && o.State != StateConfirmed {
			return invalidState(o.State)
		}
		wanted := Place{Pool: o.Pool, Date: wanted.Date, Slot: wanted.Slot}
		if wanted.Slot == "" {
			wanted.Slot = o.Slot
		}
		if o.Place() == wanted {
			return nil
		}
		if o.Date < DateOf(w.now) {
			return ErrDateUnavailable
		}
		pool, err := w.Pool(ctx, o.Pool)
		if err != nil {
			return err
		}
		if err := s.mayMove(ctx, w, pool, o, wanted); err != nil {
			return err
		}
		former := slices.Clone(o.Positions)
		if err := w.take(ctx, pool, o.Channel, wanted, o.Positions); err != nil {
			return err
		}
		if err := w.giveBack(ctx, o.Channel, o.Place(), former); err != nil {
			return err
		}
		o.Date, o.Slot = wanted.Date, wanted.Slot
		if err := o.settle(pool, w.now); err != nil {
			return err
		}
		if err := w.UpdateOrder(ctx, *o); err != nil {
			return err
		}
		if err := w.SetStages(ctx, *o); err != nil {
			return err
		}
		return w.emit(ctx, EventChanged, *o, "")
	})
}

// mayMove applies the pool's rules to an order that is to have another place.
func (s *Service) mayMove(ctx context.Context, w *work, pool Pool, o *Order, wanted Place) error {
	if err := inTime(o, pool.Rules.ChangeDeadlineSeconds, w.now); err != nil {
		return err
	}
	if err := w.notEntered(ctx, *o, o.Positions); err != nil {
		return err
	}
	if err := pool.open(ctx, w, wanted); err != nil {
		return err
	}
	if err := offered(ctx, w, wanted); err != nil {
		return err
	}
	moved := *o
	moved.Date, moved.Slot, moved.Positions = wanted.Date, wanted.Slot, slices.Clone(o.Positions)
	if err := s.recallAges(moved.Positions); err != nil {
		return err
	}
	if err := pool.admit(moved.Positions, wanted.Date); err != nil {
		return err
	}
	return permit(ctx, w, pool, moved, o.Date)
}

// Transfer says who an order is handed to, by account or by phone, and who
// visits then; without visitors the named ones stay.
type Transfer struct {
	ToAccountID string
	ToPhone     string
	Visitors    []Visitor
}

// Transfer hands a settled order to another account. It fails with
// ErrNotFound, ErrInvalidField, ErrRecipientUnknown, ErrInvalidState,
// ErrTooLate, ErrDateUnavailable, ErrDocumentTaken, or what the pool's rules
// about persons refuse.
func (s *Service) Transfer(ctx context.Context, call Call, account, id string, t Transfer) (Order, error) {
	if (t.ToAccountID == "") == (t.ToPhone == "") {
		return Order{}, invalidField("to_account_id", "want either an account or a phone")
	}
	var phoneKey []byte
	if t.ToPhone != "" {
		e164, err := normalisePhone("to_phone", t.ToPhone)
		if err != nil {
			return Order{}, err
		}
		phoneKey = s.vault.Key("phone", e164)
	}
	var positions []Position
	if len(t.Visitors) > maxGroup {
		return Order{}, invalidField("positions", "want at most %d, got %d", maxGroup, len(t.Visitors))
	}
	if len(t.Visitors) > 0 {
		var err error
		if positions, err = s.positions(ctx, t.Visitors); err != nil {
			return Order{}, err
		}
	}
	return s.change(ctx, call, account, id, func(ctx context.Context, w *work, o *Order) error {
		recipient, err := recipient(ctx, w, t.ToAccountID, phoneKey)
		if err != nil {
			return err
		}
		if err := handOver(ctx, w, o, recipient.ID, positions); err != nil || positions == nil {
			return err
		}
		return s.answerAnew(ctx, w, *o)
	})
}

// handOver gives a settled order a new owner and, where there are positions,
// new visitors.
func handOver(ctx context.Context, w *work, o *Order, to string, positions []Position) error {
	if o.State != StateProvisional && o.State != StateConfirmed {
		return invalidState(o.State)
	}
	if o.Date < DateOf(w.now) {
		return ErrDateUnavailable
	}
	pool, err := w.Pool(ctx, o.Pool)
	if err != nil {
		return err
	}
	if err := inTime(o, pool.Rules.TransferDeadlineSeconds, w.now); err != nil {
		return err
	}
	if to == o.AccountID {
		return invalidField("to_account_id", "the order is yours already")
	}
	if err := w.notEntered(ctx, *o, o.Positions); err != nil {
		return err
	}
	from := o.AccountID
	o.AccountID, o.UpdatedAt = to, w.now
	if err := receive(ctx, w, pool, *o, positions); err != nil {
		return err
	}
	if positions != nil {
		if len(positions) != len(o.Positions) {
			return invalidField("positions", "want %d, one for each place, got %d", len(o.Positions), len(positions))
		}
	}
	if err := reissue(ctx, w, pool, o, positions); err != nil {
		return err
	}
	if err := w.UpdateOrder(ctx, *o); err != nil {
		return err
	}
	return w.emit(ctx, EventTransferred, *o, from)
}

// receive applies the pool's rules about persons to the new owner and visitors.
func receive(ctx context.Context, w *work, pool Pool, o Order, positions []Position) error {
	if positions == nil {
		pool.Rules.WindowBookings, pool.Rules.NoShowStrikes = 0, 0 // the visitors were judged when they were booked
		pool.Rules.OncePerDocument = false
	} else {
		o.Positions = positions
	}
	return permit(ctx, w, pool, o, "")
}

// reissue gives every position a new ticket, so that the former owner's codes
// are worth nothing, and, where there are positions, new visitors.
func reissue(ctx context.Context, w *work, pool Pool, o *Order, positions []Position) error {
	next := slices.Clone(o.Positions)
	for i, kept := range o.Positions {
		if positions == nil {
			next[i].Secret = ticket.NewSecret().String()
			continue
		}
		next[i] = positions[i]
		next[i].Product, next[i].Unit, next[i].PriceFen, next[i].Places, next[i].Stage = kept.Product, kept.Unit, kept.PriceFen, kept.Places, kept.Stage
	}
	if positions != nil {
		if err := pool.Rules.reachable(next); err != nil {
			return err
		}
		if err := pool.admit(next, o.Date); err != nil {
			return err
		}
	}
	o.Positions = next
	return w.ReplacePositions(ctx, *o)
}

func recipient(ctx context.Context, r AccountReader, id string, phoneKey []byte) (Account, error) {
	var (
		account Account
		err     error
	)
	if phoneKey != nil {
		account, err = r.AccountByPhone(ctx, phoneKey)
	} else {
		account, err = r.Account(ctx, id)
	}
	if errors.Is(err, ErrNotFound) || err == nil && !account.ErasedAt.IsZero() {
		return Account{}, ErrRecipientUnknown
	}
	return account, err
}
