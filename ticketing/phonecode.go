package ticketing

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// CodePurpose says what a code sent to a phone is good for. A code of one
// purpose is refused for another, so that nobody can be talked into giving away
// more than they think.
type CodePurpose string

// What codes are sent for.
const (
	PurposeSignIn       CodePurpose = "sign_in"
	PurposeLinkPhone    CodePurpose = "link_phone"
	PurposeSetPassword  CodePurpose = "set_password"
	PurposeCloseAccount CodePurpose = "close_account"
	PurposeStepUp       CodePurpose = "step_up" // asked for by RequestStepUp alone
)

// Valid reports whether p is one of the known purposes.
func (p CodePurpose) Valid() bool {
	switch p {
	case PurposeSignIn, PurposeLinkPhone, PurposeSetPassword, PurposeCloseAccount, PurposeStepUp:
		return true
	}
	return false
}

// PhoneCode is one code that was made for a phone. The code itself is kept only
// as a keyed HMAC.
type PhoneCode struct {
	ID        string
	PhoneKey  []byte
	Purpose   CodePurpose
	MAC       []byte
	CreatedAt time.Time
	ExpiresAt time.Time
	Tries     int       // wrong ones
	UsedAt    time.Time // zero while it can be used
}

// CodeOptions tune the codes sent to phones. The zero value of a field means
// its default.
type CodeOptions struct {
	Life     time.Duration // of a code; default 5 min
	MaxTries int           // wrong tries a code survives; default 5, the fifth is the last
	PerDay   int           // codes a venue's day over all numbers; default 50,000
	Prefixes []string      // of numbers that codes are sent to, as E.164; default +86
}

func (o CodeOptions) withDefaults() CodeOptions {
	o.Life = orDefault(o.Life, 5*time.Minute)
	o.MaxTries = orDefault(o.MaxTries, 5)
	o.PerDay = orDefault(o.PerDay, 50_000)
	if len(o.Prefixes) == 0 {
		o.Prefixes = []string{"+86"}
	}
	return o
}

// Limits of codes for one number, whatever their purpose: those of Alibaba
// Cloud's message service, which refuses more. The day is the venue's.
const (
	codesPerMinute = 1
	codesPerHour   = 5
	codesPerDay    = 10
	codesKept      = 48 * time.Hour // longer than any limit looks back
	codeDigits     = 6
)

// RequestCode makes a code for a phone number and queues the message that
// carries it. Whether the number has an account is not looked at, so that
// neither answer nor time can tell. It fails with ErrNotConfigured,
// ErrInvalidField or ErrCodeLimit.
func (s *Service) RequestCode(ctx context.Context, call Call, phone string, purpose CodePurpose) error {
	if s.opts.Codes == nil {
		return ErrNotConfigured
	}
	if !purpose.Valid() || purpose == PurposeStepUp {
		return invalidField("purpose", "want sign_in, link_phone, set_password or close_account, got %q", shorten(string(purpose)))
	}
	e164, err := normalisePhone("phone", phone)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(s.opts.Codes.Prefixes, func(p string) bool { return strings.HasPrefix(e164, p) }) {
		return invalidField("phone", "codes are sent to numbers of %s only", strings.Join(s.opts.Codes.Prefixes, ", "))
	}
	return s.sendCode(ctx, call, e164, purpose)
}

// sendCode makes a code for a number and queues its message, within the limits.
func (s *Service) sendCode(ctx context.Context, call Call, e164 string, purpose CodePurpose) error {
	id, err := newID()
	if err != nil {
		return err
	}
	digits, err := newDigits()
	if err != nil {
		return err
	}
	code := PhoneCode{ID: id, PhoneKey: s.vault.Key("phone", e164), Purpose: purpose}
	code.MAC = s.codeMAC(code, digits)
	message := Message{ID: id, Purpose: MessagePurpose(purpose), State: MessageQueued, PhoneKey: code.PhoneKey, Sealed: s.sealMessage(e164, digits)}
	_, err = once(ctx, s, call, anonymousScope(code.PhoneKey), func(ctx context.Context, w *work) (struct{}, error) {
		none := struct{}{}
		if err := withinLimits(ctx, w, code.PhoneKey, s.opts.Codes.PerDay); err != nil {
			return none, err
		}
		code.CreatedAt, code.ExpiresAt = w.now, w.now.Add(s.opts.Codes.Life)
		message.CreatedAt, message.NextAt, message.ExpiresAt = w.now, w.now, code.ExpiresAt
		if err := w.InsertCode(ctx, code); err != nil {
			return none, err
		}
		return none, w.QueueMessage(ctx, message)
	})
	switch {
	case err == nil:
		s.metrics.codes.WithLabelValues("queued").Inc()
	case errors.Is(err, ErrCodeLimit):
		s.metrics.codes.WithLabelValues("limited").Inc()
	}
	return err
}

// newDigits draws a code evenly from all of its length.
func newDigits() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("draw code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n.Int64()), nil
}

// codeMAC is what is kept of a code: bound to its id, number and purpose, so
// that it proves nothing beside them.
func (s *Service) codeMAC(c PhoneCode, digits string) []byte {
	return s.vault.Key("phone code", strings.Join([]string{c.ID, string(c.Purpose), hex.EncodeToString(c.PhoneKey), digits}, "\n"))
}

// withinLimits refuses a code beyond a number's limits or the day's, and counts
// it otherwise. The counts are read and written in one transaction, so that
// they hold over processes and restarts.
func withinLimits(ctx context.Context, w *work, phoneKey []byte, most int) error {
	today := DateOf(w.now)
	midnight, hour, minute := today.Start(), w.now.Add(-time.Hour), w.now.Add(-time.Minute)
	after := hour
	if before := midnight.Add(-time.Millisecond); before.Before(after) {
		after = before
	}
	made, err := w.CodesSince(ctx, phoneKey, after)
	if err != nil {
		return err
	}
	tomorrow := midnight.Add(24 * time.Hour).Sub(w.now)
	if countSince(made, midnight) >= codesPerDay {
		return codeLimit(tomorrow)
	}
	if n := countSince(made, hour.Add(time.Millisecond)); n >= codesPerHour {
		return codeLimit(made[len(made)-codesPerHour].Sub(hour))
	}
	if n := countSince(made, minute.Add(time.Millisecond)); n >= codesPerMinute {
		return codeLimit(made[len(made)-codesPerMinute].Sub(minute))
	}
	if err := w.CountCode(ctx, today, most); err != nil {
		if errors.Is(err, ErrCodeLimit) {
			return codeLimit(tomorrow)
		}
		return err
	}
	return nil
}

// countSince counts moments that are not before a moment.
func countSince(moments []time.Time, first time.Time) int {
	n := 0
	for _, m := range moments {
		if !m.Before(first) {
			n++
		}
	}
	return n
}

// checkDigits refuses what cannot be a code.
func checkDigits(typed string) error {
	if len(typed) != codeDigits || strings.Trim(typed, "0123456789") != "" {
		return invalidField("code", "want %d digits", codeDigits)
	}
	return nil
}

// redeem uses up the newest code of a number and purpose if the typed one is
// right and in time, and counts a wrong try otherwise. The transaction must be
// committed either way.
func (s *Service) redeem(ctx context.Context, w *work, phoneKey []byte, purpose CodePurpose, typed string) (bool, error) {
	code, known, err := find(w.LatestCode(ctx, phoneKey, purpose))
	if err != nil {
		return false, err
	}
	right := hmac.Equal(code.MAC, s.codeMAC(code, typed)) // computed for no code, too, to take as long
	if !known || !code.UsedAt.IsZero() || !w.now.Before(code.ExpiresAt) || code.Tries >= s.opts.Codes.MaxTries {
		return false, nil
	}
	if right {
		code.UsedAt = w.now
	} else {
		code.Tries++
	}
	return right, w.UpdateCode(ctx, code)
}

// tried is what a try has come to when its refusal, too, has an effect that
// must be kept: once remembers it like any other result.
type tried[T any] struct {
	Value   T
	Refused *Error
}

// result gives the value or the refusal.
func (t tried[T]) result(err error) (T, error) {
	if err == nil && t.Refused != nil {
		err = t.Refused
	}
	if err != nil {
		var none T
		return none, err
	}
	return t.Value, nil
}
