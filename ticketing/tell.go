package ticketing

import (
	"context"
	"slices"
	"strings"
	"time"
)

// MessagePurpose says what a message to a phone is for: a code's purpose, or
// what became of an order.
type MessagePurpose string

// What visitors are told of their orders, and of their accounts.
const (
	TellWithdrawn  MessagePurpose = "order_withdrawn"
	TellReinstated MessagePurpose = "order_reinstated"
	TellLifted     MessagePurpose = "restriction_lifted"
)

// Notice reports whether the message tells something rather than carries a
// code.
func (p MessagePurpose) Notice() bool {
	return p == TellWithdrawn || p == TellReinstated || p == TellLifted
}

// Valid reports whether p is one of the known purposes.
func (p MessagePurpose) Valid() bool { return p.Notice() || CodePurpose(p).Valid() }

// NoticeState says whether the visitor of an order has been told.
type NoticeState string

// The states of a notice. None means that nobody could be told: no phone is
// known, or no message can be sent from here.
const (
	NoticeQueued NoticeState = "queued"
	NoticeSent   NoticeState = "sent"
	NoticeFailed NoticeState = "failed"
	NoticeNone   NoticeState = "none"
)

// Valid reports whether s is one of the known states.
func (s NoticeState) Valid() bool {
	switch s {
	case NoticeQueued, NoticeSent, NoticeFailed, NoticeNone:
		return true
	}
	return false
}

// OrderNotice is one message that tells somebody of an order. ID is that of the
// message, where there is one.
type OrderNotice struct {
	ID      string
	OrderID string
	Purpose MessagePurpose
	State   NoticeState
	At      time.Time
}

// NoticeReader reads what visitors were told of orders, by order, oldest first.
type NoticeReader interface {
	NoticesOf(ctx context.Context, orders ...string) (map[string][]OrderNotice, error)
}

// NoticeWriter keeps it. The state follows the message's until that is settled.
type NoticeWriter interface {
	RecordNotice(ctx context.Context, n OrderNotice) error
}

// A notice is worth sending for a day, and to so many phones of one order.
const (
	noticeLife  = 24 * time.Hour
	noticeMost  = 5
	defaultLand = "+86"
)

// tell queues a message about an order in the transaction that changes it: to
// the account's and the leader's phone, who booked and can act, and only where
// neither is known to the visitors'. The receipt is what they appeal with; the
// order's id stands in for one that was not given.
func (s *Service) tell(ctx context.Context, w *work, o *Order, purpose MessagePurpose) error {
	phones, err := s.phonesOf(ctx, w, *o)
	if err != nil {
		return err
	}
	receipt := o.Withdrawal.Receipt
	if receipt == "" {
		receipt = o.ID
	}
	if !s.opts.Notices || len(phones) == 0 {
		id, err := newID()
		if err != nil {
			return err
		}
		o.Notice = NoticeNone
		return w.RecordNotice(ctx, OrderNotice{ID: id, OrderID: o.ID, Purpose: purpose, State: NoticeNone, At: w.now})
	}
	o.Notice = NoticeQueued
	for _, phone := range phones {
		id, err := newID()
		if err != nil {
			return err
		}
		err = w.QueueMessage(ctx, Message{
			ID: id, Purpose: purpose, State: MessageQueued, CreatedAt: w.now, NextAt: w.now, ExpiresAt: w.now.Add(noticeLife),
			PhoneKey: s.vault.Key("phone", phone), Sealed: s.sealMessage(phone, receipt),
		})
		if err != nil {
			return err
		}
		if err := w.RecordNotice(ctx, OrderNotice{ID: id, OrderID: o.ID, Purpose: purpose, State: NoticeQueued, At: w.now}); err != nil {
			return err
		}
	}
	return nil
}

// phonesOf lists the numbers that are told of an order, of those that messages
// are sent to.
func (s *Service) phonesOf(ctx context.Context, w *work, o Order) ([]string, error) {
	account, err := w.Account(ctx, o.AccountID)
	if err != nil {
		return nil, err
	}
	leader, _, err := find(w.LeaderOf(ctx, o.ID))
	if err != nil {
		return nil, err
	}
	sealed := [][]byte{account.PhoneSealed, leader.PhoneSealed}
	if len(account.PhoneSealed)+len(leader.PhoneSealed) == 0 {
		for _, p := range o.Positions {
			sealed = append(sealed, p.PhoneSealed)
		}
	}
	return s.reachable(sealed)
}

// reachable opens the numbers and keeps each one that messages are sent to.
func (s *Service) reachable(sealed [][]byte) ([]string, error) {
	prefixes := []string{defaultLand}
	if s.opts.Codes != nil {
		prefixes = s.opts.Codes.Prefixes
	}
	var phones []string
	for _, one := range sealed {
		phone, err := s.openIfAny("phone", one)
		if err != nil {
			return nil, err
		}
		reachable := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(phone, p) })
		if reachable && !slices.Contains(phones, phone) && len(phones) < noticeMost {
			phones = append(phones, phone)
		}
	}
	return phones, nil
}

// withNotices reads into withdrawn and reinstated orders whether their visitors
// were told.
func withNotices(ctx context.Context, r NoticeReader, orders []Order) error {
	var ids []string
	for _, o := range orders {
		if !o.Withdrawal.At.IsZero() {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := r.NoticesOf(ctx, ids...)
	if err != nil {
		return err
	}
	for i := range orders {
		orders[i].Notice = latest(found[orders[i].ID])
	}
	return nil
}

// latest is how far the last round of messages about one order came: one that
// was sent is enough, and one that may still be is hope.
func latest(notices []OrderNotice) NoticeState {
	if len(notices) == 0 {
		return ""
	}
	last, best := notices[len(notices)-1], NoticeNone
	rank := []NoticeState{NoticeNone, NoticeFailed, NoticeQueued, NoticeSent}
	for _, n := range notices {
		if n.Purpose == last.Purpose && n.At.Equal(last.At) && slices.Index(rank, n.State) > slices.Index(rank, best) {
			best = n.State
		}
	}
	return best
}
