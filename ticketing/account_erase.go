package ticketing

import (
	"context"
)

// CloseAccount erases a visitor's own account: its phone, password and WeChat
// identities, its sessions, and who the visitors of its past orders were. What
// was booked, paid and visited stays, without persons. An account with a
// password wants it, one with a proved phone may give a code made for that
// instead; one with neither has shown enough by being signed in. It fails with
// ErrWrongCredentials, ErrWrongCode, ErrInvalidField or ErrLiveOrders.
func (s *Service) CloseAccount(ctx context.Context, call Call, session Session, password, code string) error {
	if password != "" && code != "" {
		return invalidField("code", "want either a password or a code")
	}
	if code != "" {
		if s.opts.Codes == nil {
			return ErrNotConfigured
		}
		if err := checkDigits(code); err != nil {
			return err
		}
	}
	if err := s.confirmed(ctx, session.AccountID, password, code); err != nil {
		return err
	}
	// The key's scope is the session: what an account's own scope remembers is erased with it.
	closed, err := once(ctx, s, call, "session:"+session.ID, func(ctx context.Context, w *work) (tried[bool], error) {
		account, err := w.Account(ctx, session.AccountID)
		if err != nil {
			return tried[bool]{}, err
		}
		if code != "" {
			right, err := s.redeem(ctx, w, account.PhoneKey, PurposeCloseAccount, code)
			if err != nil || !right {
				return tried[bool]{Refused: ErrWrongCode}, err
			}
		}
		if err := noLiveOrders(ctx, w, account.ID); err != nil { // refused, the code is not spent
			return tried[bool]{}, err
		}
		return tried[bool]{Value: true}, erase(ctx, w, account, "visitor", "")
	})
	if _, err := closed.result(err); err != nil {
		return err
	}
	return s.scrub(ctx, 1)
}

// confirmed checks the password, where one is the confirmation, and that there
// is a confirmation where there can be one.
func (s *Service) confirmed(ctx context.Context, id, password, code string) error {
	var account Account
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		account, err = r.Account(ctx, id)
		return err
	})
	if err != nil || code != "" {
		return err
	}
	if account.Password == "" {
		if len(account.PhoneKey) > 0 && s.opts.Codes != nil {
			return invalidField("code", "confirm with a code sent to the account's phone")
		}
		return nil
	}
	if password == "" {
		return invalidField("password", "confirm with the password, or with a code sent to the account's phone")
	}
	if len(password) > maxPassword {
		return ErrWrongCredentials
	}
	same, err := s.hasher.matches(ctx, account.Password, password)
	if err == nil && !same {
		err = ErrWrongCredentials
	}
	return err
}

// EraseAccount erases an account as CloseAccount does, by the house: it names
// who does it and why. It fails with ErrInvalidField, ErrNotFound or
// ErrLiveOrders; an account that was erased before stays as it is.
func (s *Service) EraseAccount(ctx context.Context, call Call, account, reason string) error {
	who, err := call.namedActor()
	if err != nil {
		return err
	}
	reason, err = checkReason(reason)
	if err != nil {
		return err
	}
	_, err = once(ctx, s, call, "operations", func(ctx context.Context, w *work) (struct{}, error) {
		a, err := w.Account(ctx, account)
		if err != nil || !a.ErasedAt.IsZero() {
			return struct{}{}, err
		}
		if err := noLiveOrders(ctx, w, account); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, erase(ctx, w, a, who, reason)
	})
	if err != nil {
		return err
	}
	return s.scrub(ctx, 1)
}

// noLiveOrders refuses to erase whoever is still expected.
func noLiveOrders(ctx context.Context, w *work, account string) error {
	live, err := w.LiveOrders(ctx, account, DateOf(w.now))
	if err == nil && live > 0 {
		err = &Error{Code: CodeLiveOrders, Detail: "the account has orders that stand: cancel them, or wait until they are over"}
	}
	return err
}

// erase takes an account's persons away, ends its sessions and records it.
func erase(ctx context.Context, w *work, a Account, who, reason string) error {
	if err := w.RevokeSessions(ctx, a.ID, w.now); err != nil {
		return err
	}
	n, err := w.EraseAccount(ctx, a, w.now)
	if err != nil {
		return err
	}
	return w.RecordErasure(ctx, Erasure{
		At: Millis{w.now}, Kind: EraseAccounts, Who: who, Subject: a.ID, Reason: reason, Before: Millis{w.now}, Erased: n,
	})
}
