package ticketing

import (
	"context"
)

// RequestStepUp sends a code to the verified phone of an account, and to no
// other, for whoever guards the house and doubts that its holder is there. It
// returns the number with most digits hidden. The limits of codes hold for it
// as for any other. It fails with ErrNotConfigured, ErrNotFound,
// ErrPhoneUnverified or ErrCodeLimit.
func (s *Service) RequestStepUp(ctx context.Context, call Call, id string) (masked string, err error) {
	if s.opts.Codes == nil {
		return "", ErrNotConfigured
	}
	account, err := s.withVerifiedPhone(ctx, id)
	if err != nil {
		return "", err
	}
	e164, err := s.vault.Open("phone", account.PhoneSealed)
	if err != nil {
		return "", err
	}
	return account.PhoneMasked, s.sendCode(ctx, call, e164, PurposeStepUp)
}

// CheckStepUp uses up the code that was sent to an account's verified phone. It
// fails with ErrNotConfigured, ErrNotFound, ErrPhoneUnverified, ErrInvalidField
// or ErrWrongCode.
func (s *Service) CheckStepUp(ctx context.Context, call Call, id, code string) error {
	if s.opts.Codes == nil {
		return ErrNotConfigured
	}
	if err := checkDigits(code); err != nil {
		return err
	}
	account, err := s.withVerifiedPhone(ctx, id)
	if err != nil {
		return err
	}
	// Without a key of idempotency: a code is good once, and so is its answer.
	call.IdempotencyKey = ""
	checked, err := once(ctx, s, call, "account:"+account.ID, func(ctx context.Context, w *work) (tried[bool], error) {
		right, err := s.redeem(ctx, w, account.PhoneKey, PurposeStepUp, code)
		if err != nil || !right {
			return tried[bool]{Refused: ErrWrongCode}, err
		}
		return tried[bool]{Value: true}, nil
	})
	_, err = checked.result(err)
	return err
}

// withVerifiedPhone finds an account whose phone somebody has proved to have.
func (s *Service) withVerifiedPhone(ctx context.Context, id string) (account Account, err error) {
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		account, err = r.Account(ctx, id)
		return err
	})
	if err == nil && (account.PhoneVerifiedAt.IsZero() || len(account.PhoneKey) == 0) {
		err = ErrPhoneUnverified
	}
	return account, err
}
