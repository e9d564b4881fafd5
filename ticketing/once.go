package ticketing

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Memory is where a transaction keeps what idempotency keys stand for; see
// Journal.
type Memory interface {
	Recall(ctx context.Context, scope, key string) (Answer, error)
	Remember(ctx context.Context, scope, key string, a Answer) error
}

// maxIdempotencyKey bounds a key, in bytes.
const maxIdempotencyKey = 200

// Who is the name that the call's change is audited under. It fails with
// ErrInvalidField for one that cannot be written down.
func (c Call) Who() (string, error) { return c.actor() }

// CheckKey fails with ErrInvalidField if the call's idempotency key is too long.
func (c Call) CheckKey() error {
	if len(c.IdempotencyKey) > maxIdempotencyKey {
		return invalidField("Idempotency-Key", "want at most %d bytes", maxIdempotencyKey)
	}
	return nil
}

// AtMostOnce runs fn, unless the call's idempotency key is known: then the
// result is the first one's, or ErrIdempotencyMismatch if the key came with
// another request, which its fingerprint tells. The result is remembered in the
// transaction that has the effect; refusals are not remembered. Scope keeps one
// caller's keys from another's. A call without a key runs fn.
func AtMostOnce[T any](ctx context.Context, m Memory, call Call, scope string, fingerprint []byte, now time.Time, fn func(ctx context.Context) (T, error)) (T, error) {
	var result T
	if call.IdempotencyKey == "" {
		return fn(ctx)
	}
	known, err := m.Recall(ctx, scope, call.IdempotencyKey)
	if err == nil {
		if !hmac.Equal(known.Fingerprint, fingerprint) {
			return result, ErrIdempotencyMismatch
		}
		err := json.Unmarshal(known.Result, &result)
		return result, err
	}
	if !errors.Is(err, ErrNotFound) {
		return result, err
	}
	if result, err = fn(ctx); err != nil {
		return result, err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return result, fmt.Errorf("remember answer: %w", err)
	}
	return result, m.Remember(ctx, scope, call.IdempotencyKey, Answer{Fingerprint: fingerprint, Result: text, At: now})
}
