package booking

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/challenge"
)

// StepUp has the booking system send codes to the phones of its accounts, and
// check them. It never learns a number. It is safe for concurrent use.
type StepUp struct{ client *Client }

var _ challenge.StepUp = (*StepUp)(nil)

// NewStepUp speaks through a client; give it a client of its own, with one
// attempt, because sending twice is no repetition.
func NewStepUp(client *Client) *StepUp { return &StepUp{client: client} }

// Send sends a code to the account's verified phone and returns the number with
// most digits hidden. It fails with challenge.ErrNoPhone or a
// *challenge.LimitError.
func (s *StepUp) Send(ctx context.Context, account string) (string, error) {
	var answer struct {
		SentTo string `json:"sent_to"`
	}
	err := s.ask(ctx, account, "step-up", struct{}{}, &answer)
	return answer.SentTo, err
}

// Check uses a code up. It fails with challenge.ErrWrongCode or
// challenge.ErrNoPhone.
func (s *StepUp) Check(ctx context.Context, account, code string) error {
	return s.ask(ctx, account, "step-up/check", map[string]string{"code": code}, nil)
}

// ask puts the booking system's refusals into the words of the challenge.
func (s *StepUp) ask(ctx context.Context, account, verb string, body, answer any) error {
	path, err := s.client.path("accounts", account, verb)
	if err == nil {
		err = s.client.call(ctx, http.MethodPost, path, body, answer)
	}
	var refused *refusedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, enforcement.ErrOrderGone):
		return fmt.Errorf("step up: %w", challenge.ErrNoPhone)
	case !errors.As(err, &refused):
		return fmt.Errorf("step up: %w", err)
	}
	switch refused.code {
	case "phone_unverified", "not_configured":
		return fmt.Errorf("step up: %w", challenge.ErrNoPhone)
	case "code_limit":
		return fmt.Errorf("step up: %w", &challenge.LimitError{RetryAfter: time.Minute})
	case "wrong_code", "invalid_field":
		return fmt.Errorf("step up: %w", challenge.ErrWrongCode)
	default:
		return fmt.Errorf("step up: %w", err)
	}
}
