package challenge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest"
)

// Errors of the second grade.
var (
	// ErrNoPhone: the account has no verified phone, nobody is signed in, or no
	// codes can be sent.
	ErrNoPhone = errors.New("no verified phone to send a code to")
	// ErrCodeLimit: as many codes as may be were sent. A *LimitError says when
	// the next may be.
	ErrCodeLimit = errors.New("too many codes")
	// ErrWrongCode: the code is wrong, used, too old, or was tried too often.
	ErrWrongCode = errors.New("wrong code")
)

// LimitError is an ErrCodeLimit.
type LimitError struct{ RetryAfter time.Duration }

// Error implements error.
func (e *LimitError) Error() string { return ErrCodeLimit.Error() }

// Is makes it an ErrCodeLimit.
func (e *LimitError) Is(target error) bool { return target == ErrCodeLimit }

// StepUp sends codes to the phones of accounts and checks them. The booking
// system does, which alone has the numbers: a code goes to the verified phone
// of the account and nowhere else, is good once, for minutes and few tries, and
// capped per number and day.
type StepUp interface {
	// Send sends a code and returns the number with most digits hidden. It
	// fails with ErrNoPhone or a *LimitError.
	Send(ctx context.Context, account string) (to string, err error)
	// Check uses a code up. It fails with ErrWrongCode or ErrNoPhone.
	Check(ctx context.Context, account, code string) error
}

// Caps of codes by what asks for them, in codeWindow and the one before it; the
// number's own are the booking system's.
const (
	codeWindow      = 12 * time.Hour
	codesPerAccount = 5
	codesPerDevice  = 5
)

// Sent tells a visitor where to look for a code.
type Sent struct {
	Grade Grade  `json:"grade"`
	To    string `json:"sent_to"` // most digits hidden
}

// Send sends a code to the visitor's verified phone, on demand or because they
// would rather. It fails with ErrBadTicket, ErrForeign, ErrExpired, ErrNoPhone,
// ErrBadScope or a *LimitError.
func (s *Service) Send(ctx context.Context, v Visitor, ticket string, scope Scope) (Sent, error) {
	to, err := s.send(ctx, v, ticket, scope)
	label := result(err)
	if err == nil {
		label = "sent"
	}
	s.metrics.codes.WithLabelValues(label).Inc()
	return Sent{Grade: GradeSMS, To: to}, err
}

func (s *Service) send(ctx context.Context, v Visitor, text string, scope Scope) (string, error) {
	if err := s.answerable(v, text, scope); err != nil {
		return "", err
	}
	now := s.options.Now()
	keys := s.tallyKeys("code", ingest.Subject{Account: v.Subject.Account, Device: v.Subject.Device}, "")
	found, err := s.options.Attempts.Count(ctx, keys, codeWindow, now, Tally{Codes: 1})
	if err != nil {
		return "", fmt.Errorf("count codes: %w", err)
	}
	to := ""
	for i, most := range []int{codesPerAccount, codesPerDevice}[:len(found)] {
		if found[i].Codes > most {
			err = &LimitError{RetryAfter: now.Truncate(codeWindow).Add(codeWindow).Sub(now)}
		}
	}
	if err == nil {
		to, err = s.options.StepUp.Send(ctx, v.Subject.Account)
	}
	if err == nil {
		return to, nil
	}
	// What was not sent does not count.
	if _, undo := s.options.Attempts.Count(ctx, keys, codeWindow, now, Tally{Codes: -1}); undo != nil {
		err = errors.Join(err, undo)
	}
	if errors.Is(err, ErrNoPhone) {
		_, mark := s.options.Attempts.Count(ctx, s.phoneless(v), codeWindow, now, Tally{Codes: 1})
		err = errors.Join(err, mark)
	}
	return "", err
}

// answerable refuses who cannot be sent a code, or was not asked for anything.
func (s *Service) answerable(v Visitor, text string, scope Scope) error {
	if err := scope.validate(); err != nil {
		return err
	}
	if _, err := s.asked(v.Subject, text, scope); err != nil {
		return err
	}
	if s.options.StepUp == nil || v.Subject.Account == "" {
		return ErrNoPhone
	}
	return nil
}

// Check takes a code and gives a pass. It fails as Send does, or with
// ErrWrongCode.
func (s *Service) Check(ctx context.Context, v Visitor, code, text string, scope Scope) (Pass, error) {
	pass, took, err := s.check(ctx, v, code, text, scope)
	s.metrics.answered(GradeSMS, noBand, err, took)
	return pass, err
}

func (s *Service) check(ctx context.Context, v Visitor, code, text string, scope Scope) (Pass, time.Duration, error) {
	if err := s.answerable(v, text, scope); err != nil {
		return Pass{}, 0, err
	}
	if len(code) == 0 || len(code) > maxCode {
		return Pass{}, 0, fmt.Errorf("%w: it has %d characters, 1 to %d", ErrWrongCode, len(code), maxCode)
	}
	asked, err := s.asked(v.Subject, text, scope)
	if err != nil {
		return Pass{}, 0, err
	}
	err = s.options.StepUp.Check(ctx, v.Subject.Account, code)
	now := s.options.Now()
	switch {
	case errors.Is(err, ErrWrongCode):
		return Pass{}, 0, errors.Join(err, s.wrong(ctx, v, scope, now))
	case err != nil:
		return Pass{}, 0, fmt.Errorf("check a code: %w", err)
	}
	if err := s.tally(ctx, v, now, Tally{Solved: 1}); err != nil {
		return Pass{}, 0, err
	}
	took := max(now.Sub(asked.decided()), 0)
	pass, err := s.pass(v, scope, asked.decided(), now)
	return pass, took, err
}

// maxCode bounds a typed code, in bytes.
const maxCode = 16

// phoneless names the account as one that no code could be sent to.
func (s *Service) phoneless(v Visitor) []string {
	return s.tallyKeys("phoneless", ingest.Subject{Account: v.Subject.Account}, "")
}

// reachable reports whether a code can be sent, as far as is known: a demand
// that cannot be met would be a block.
func (s *Service) reachable(ctx context.Context, v Visitor, now time.Time) (bool, error) {
	found, err := s.options.Attempts.Count(ctx, s.phoneless(v), codeWindow, now, Tally{})
	if err != nil {
		return false, fmt.Errorf("look for a phone: %w", err)
	}
	return found[0].Codes == 0, nil
}
