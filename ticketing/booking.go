package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fairgate/ticketing/document"
	"fairgate/ticketing/ticket"
)

// Book takes places for an account. A free order settles at once, unless a
// hold is asked for; one that costs is held until paid. It fails with
// ErrInvalidField, ErrNotFound (pool), ErrNotOpen, ErrTooLate,
// ErrDateUnavailable, ErrSlotNeeded, ErrSlotUnavailable, ErrAdultNeeded,
// ErrPersonLimit, ErrIdentityLimit, ErrFrozen, ErrSoldOut, ErrDocumentTaken or
// ErrRulesChanged, and then takes nothing.
func (s *Service) Book(ctx context.Context, call Call, account string, b Booking) (Order, error) {
	return s.order(ctx, call, account, b, Leader{})
}

// order books an order, with or without somebody who leads it.
func (s *Service) order(ctx context.Context, call Call, account string, b Booking, leader Leader) (Order, error) {
	if !validPoolID(b.Pool) {
		return Order{}, invalidField("pool", "not the id of a pool")
	}
	at, err := parsePlace(b.Pool, b.Date, b.Slot)
	if err != nil {
		return Order{}, err
	}
	most := maxLimitPerOrder
	if leader.NameMasked != "" {
		most = maxGroup
	}
	if len(b.Visitors) == 0 || len(b.Visitors) > most {
		return Order{}, invalidField("positions", "want 1 to %d, got %d", most, len(b.Visitors))
	}
	positions, err := s.positions(ctx, b.Visitors)
	if err != nil {
		return Order{}, err
	}
	id, err := newID()
	if err != nil {
		return Order{}, err
	}
	rules, err := s.agreement(ctx, b.Pool, b.RulesVersion)
	if err != nil {
		return Order{}, err
	}
	return once(ctx, s, call, account, func(ctx context.Context, w *work) (Order, error) {
		pool, err := w.Pool(ctx, b.Pool)
		if err != nil {
			return Order{}, err
		}
		order := Order{
			ID: id, AccountID: account, Pool: pool.ID, Date: at.Date, Slot: at.Slot, State: StateHeld, Leader: leader,
			Channel:   channelOr(b.Channel),
			Positions: slices.Clone(positions), // an attempt leaves no trace in the next
			RequestID: call.RequestID, CreatedAt: w.now, UpdatedAt: w.now, HoldExpiresAt: w.now.Add(pool.Hold),
		}
		if err := sells(ctx, w, order.Channel); err != nil {
			return Order{}, err
		}
		if err := pool.accept(ctx, w, &order, rules); err != nil {
			return Order{}, err
		}
		if order.Answers, err = s.answered(pool, order.Positions, b.Answers); err != nil {
			return Order{}, err
		}
		kind := EventHeld
		if order.TotalFen == 0 && !b.Hold {
			if err := order.settle(pool, w.now); err != nil {
				return Order{}, err
			}
			kind = bookedEvent(order)
		}
		if err := w.stand(ctx, pool, order); err != nil {
			return Order{}, err
		}
		return order, w.emit(ctx, kind, order, "")
	}, foresee(call, account, at, positions))
}

// stand takes a new order's places and keeps it with what its visitors answered.
func (w *work) stand(ctx context.Context, pool Pool, o Order) error {
	if err := w.take(ctx, pool, o.Channel, o.Place(), o.Positions); err != nil {
		return err
	}
	if err := w.InsertOrder(ctx, o); err != nil || len(o.Answers) == 0 {
		return err
	}
	return w.PutAnswers(ctx, o.ID, o.Answers)
}

// foresee says what booking positions will read.
func foresee(call Call, account string, at Place, positions []Position) Foresight {
	documents := make([][]byte, len(positions))
	for i, p := range positions {
		documents[i] = p.DocumentKey
	}
	return Foresight{Scope: account, Key: call.IdempotencyKey, Account: account, Place: at, Documents: documents}
}

// accept applies the pool's rules to a new order and makes tickets of its
// positions.
func (p Pool) accept(ctx context.Context, w *work, o *Order, rules agreement) error {
	if err := o.agree(rules); err != nil {
		return err
	}
	if err := p.open(ctx, w, o.Place()); err != nil {
		return err
	}
	if err := offered(ctx, w, o.Place()); err != nil {
		return err
	}
	if err := p.mayOrder(*o); err != nil {
		return err
	}
	if err := p.allot(o.Positions); err != nil {
		return err
	}
	if err := p.Rules.reachable(o.Positions); err != nil {
		return err
	}
	if err := p.admit(o.Positions, o.Date); err != nil {
		return err
	}
	for _, position := range o.Positions {
		o.TotalFen += position.PriceFen
	}
	return permit(ctx, w, p, *o, "")
}

// parsePlace reads where places are wanted.
func parsePlace(pool, date, slot string) (Place, error) {
	day, err := ParseDate(date)
	if err != nil {
		return Place{}, invalidField("date", "%v", err)
	}
	at := Place{Pool: pool, Date: day}
	if slot == "" {
		return at, nil
	}
	if at.Slot, err = ParseClock(slot); err != nil {
		return Place{}, invalidField("slot", "%v", err)
	}
	return at, nil
}

// offered refuses what is over: a past day, and today's slots once they ended.
// Whether the day and the slot exist is for TakePlaces to say.
func offered(ctx context.Context, w *work, at Place) error {
	today := DateOf(w.now)
	if at.Date < today {
		return ErrDateUnavailable
	}
	if at.Slot == "" || at.Date > today {
		return nil
	}
	ends, err := w.SlotEnd(ctx, at)
	if errors.Is(err, ErrNotFound) {
		return ErrSlotUnavailable
	}
	if err != nil {
		return err
	}
	if !w.now.Before(at.Date.Start().Add(ends.sinceMidnight())) {
		return ErrSlotUnavailable
	}
	return nil
}

// positions checks and seals the visitors of one order.
func (s *Service) positions(ctx context.Context, visitors []Visitor) ([]Position, error) {
	out, seen := make([]Position, 0, len(visitors)), map[string]bool{}
	for i, visitor := range visitors {
		p, err := s.position(fmt.Sprintf("positions[%d]", i), visitor)
		if err != nil {
			return nil, err
		}
		if seen[string(p.DocumentKey)] {
			return nil, invalidField(fmt.Sprintf("positions[%d].document.number", i), "the same document twice in one order")
		}
		seen[string(p.DocumentKey)] = true
		out = append(out, p)
	}
	return out, s.verify(ctx, visitors, out)
}

// visitorName checks a name as typed.
func visitorName(field, typed string) (string, error) {
	name := strings.TrimSpace(typed)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unnameable) {
		return "", invalidField(field, "want 1 to %d bytes of letters, without symbols or marks of direction", maxName)
	}
	return name, nil
}

// unnameable reports whether r has no place in a name: what is not shown or
// turns the direction of writing, and symbols such as emoji. Letters of all
// scripts, their marks and the joiners that some of them need are names.
func unnameable(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	return r == unicode.ReplacementChar || unicode.In(r, unicode.C, unicode.So, unicode.Sk)
}

func (s *Service) position(field string, v Visitor) (Position, error) {
	name, err := visitorName(field+".name", v.Name)
	if err != nil {
		return Position{}, err
	}
	doc, err := document.Parse(v.Type, v.Number, v.Nationality, s.now())
	if refused, ok := errors.AsType[*document.Error](err); ok {
		return Position{}, &Error{
			Code: CodeInvalidField, Field: field + ".document." + refused.Field, Detail: refused.Reason,
			ReasonZH: refused.ReasonZH, ReasonEN: refused.Reason,
		}
	}
	if err != nil {
		return Position{}, err
	}
	id, err := newID()
	if err != nil {
		return Position{}, err
	}
	p := Position{
		ID: id, NameMasked: maskName(name), NameSealed: s.vault.Seal("name", name),
		DocumentType: doc.Type, DocumentMasked: doc.Masked(),
		DocumentKey:    s.vault.Key("document", doc.Key()),
		DocumentSealed: s.vault.Seal("document", doc.Nationality+"\n"+doc.Number),
		Product:        v.Product, Secret: ticket.NewSecret().String(), answers: v.Answers,
	}
	p.born, _ = doc.Born()
	p.document = doc
	p.WarningZH, p.WarningEN = doc.Warning()
	if v.Phone != "" {
		e164, err := normalisePhone(field+".phone", v.Phone)
		if err != nil {
			return Position{}, err
		}
		p.PhoneSealed, p.PhoneKey = s.vault.Seal("phone", e164), s.vault.Key("phone", e164)
	}
	return p, nil
}
