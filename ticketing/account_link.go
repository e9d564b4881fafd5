package ticketing

import (
	"context"
	"errors"
	"slices"
)

// Profile is what a visitor sees of their own account.
type Profile struct {
	Account
	HasPassword bool
	WeChat      bool // a WeChat user may sign in to it
}

// Me reads a visitor's own account. It fails with ErrNotFound.
func (s *Service) Me(ctx context.Context, account string) (Profile, error) {
	var p Profile
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		p, err = profile(ctx, r, account)
		return err
	})
	return p, err
}

func profile(ctx context.Context, r Reader, id string) (Profile, error) {
	account, err := r.Account(ctx, id)
	if err != nil {
		return Profile{}, err
	}
	identities, err := r.Identities(ctx, id)
	return Profile{Account: account, HasPassword: account.Password != "", WeChat: len(identities) > 0}, err
}

// LinkPhone gives an account the number that its visitor proves to have with a
// code made for it. It fails with ErrNotConfigured, ErrInvalidField,
// ErrWrongCode, with ErrPhoneLinked if the account has another number, and with
// ErrPhoneTaken if the number has another account: whoever owns both signs in
// with the number and links WeChat there.
func (s *Service) LinkPhone(ctx context.Context, call Call, account, phone, code string) (Profile, error) {
	if s.opts.Codes == nil {
		return Profile{}, ErrNotConfigured
	}
	e164, err := normalisePhone("phone", phone)
	if err != nil {
		return Profile{}, err
	}
	if err := checkDigits(code); err != nil {
		return Profile{}, err
	}
	fresh := s.accountOf(account, e164)
	linked, err := once(ctx, s, call, account, func(ctx context.Context, w *work) (tried[Profile], error) {
		right, err := s.redeem(ctx, w, fresh.PhoneKey, PurposeLinkPhone, code)
		if err != nil || !right {
			return tried[Profile]{Refused: ErrWrongCode}, err
		}
		refused, err := attach(ctx, w, fresh)
		if err != nil || refused != nil { // refused, the code is spent all the same
			return tried[Profile]{Refused: refused}, err
		}
		me, err := profile(ctx, w, account)
		return tried[Profile]{Value: me}, err
	})
	return linked.result(err)
}

// attach gives an account a number, or says why not: either has another.
func attach(ctx context.Context, w *work, fresh Account) (refused *Error, err error) {
	account, err := w.Account(ctx, fresh.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case slices.Equal(account.PhoneKey, fresh.PhoneKey):
		if !account.PhoneVerifiedAt.IsZero() {
			return nil, nil
		}
	case len(account.PhoneKey) > 0:
		return ErrPhoneLinked, nil
	default:
		_, known, err := find(w.AccountByPhone(ctx, fresh.PhoneKey))
		if err != nil {
			return nil, err
		}
		if known {
			return ErrPhoneTaken, nil
		}
		account.PhoneKey, account.PhoneSealed, account.PhoneMasked = fresh.PhoneKey, fresh.PhoneSealed, fresh.PhoneMasked
	}
	account.PhoneVerifiedAt = w.now
	return nil, w.UpdateAccount(ctx, account)
}

// SetPassword gives an account a password, or another one, against a code made
// for it, and ends the account's other sessions. It fails with
// ErrNotConfigured, ErrInvalidField, and with ErrWrongCode also for an account
// without a phone number.
func (s *Service) SetPassword(ctx context.Context, call Call, session Session, password, code string) (Profile, error) {
	if s.opts.Codes == nil {
		return Profile{}, ErrNotConfigured
	}
	if err := checkPassword(password); err != nil {
		return Profile{}, err
	}
	if err := checkDigits(code); err != nil {
		return Profile{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Profile{}, err
	}
	set, err := once(ctx, s, call, session.AccountID, func(ctx context.Context, w *work) (tried[Profile], error) {
		account, err := w.Account(ctx, session.AccountID)
		if err != nil {
			return tried[Profile]{}, err
		}
		right, err := s.redeem(ctx, w, account.PhoneKey, PurposeSetPassword, code)
		if err != nil || !right {
			return tried[Profile]{Refused: ErrWrongCode}, err
		}
		account.Password = hash
		if account.PhoneVerifiedAt.IsZero() {
			account.PhoneVerifiedAt = w.now
		}
		if err := w.UpdateAccount(ctx, account); err != nil {
			return tried[Profile]{}, err
		}
		if err := w.RevokeSessions(ctx, account.ID, w.now, session.ID); err != nil {
			return tried[Profile]{}, err
		}
		me, err := profile(ctx, w, account.ID)
		return tried[Profile]{Value: me}, err
	})
	return set.result(err)
}

// find turns ErrNotFound into a report.
func find[T any](found T, err error) (T, bool, error) {
	if errors.Is(err, ErrNotFound) {
		return found, false, nil
	}
	return found, err == nil, err
}
