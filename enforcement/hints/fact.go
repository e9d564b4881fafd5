package hints

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/outcome"
)

// Kind is what happened.
type Kind string

// Kinds of facts. The first three are of challenges, the others of orders.
const (
	Asked        Kind = "asked"
	Passed       Kind = "passed"
	Failed       Kind = "failed"
	NoShow       Kind = "no_show"
	NoShowLifted Kind = "no_show_lifted"
	Mismatch     Kind = "mismatch"
)

// Valid reports whether k is a known kind.
func (k Kind) Valid() bool {
	switch k {
	case Asked, Passed, Failed, NoShow, NoShowLifted, Mismatch:
		return true
	default:
		return false
	}
}

// Fact is one thing that happened to an account.
type Fact struct {
	Site    string
	Account string
	Kind    Kind
	// Subject is the order, or of a challenge the ten minutes it was in.
	Subject string
	// ID is the report's: the same one repeated tells nothing new. Challenges
	// have none.
	ID        string
	Positions int       // of the order that it concerns
	Day       time.Time // the visit day; of a challenge its own
	At        time.Time
}

// ErrBadInput is wrapped by facts that cannot be kept.
var ErrBadInput = errors.New("bad fact")

// maxPositions bounds what one report may concern.
const maxPositions = 1000

// Validate wraps ErrBadInput and names what is wrong.
func (f Fact) Validate() error {
	switch {
	case f.Site == "" || f.Account == "" || f.Subject == "" || f.At.IsZero() || f.At.UnixMilli() < 0 || !f.Kind.Valid():
		return fmt.Errorf("%w: site %q, account of %d bytes, subject of %d, time %v, kind %.32q",
			ErrBadInput, f.Site, len(f.Account), len(f.Subject), f.At, f.Kind)
	case len(f.Account) > enforcement.MaxKey || len(f.Subject) > enforcement.MaxKey || len(f.ID) > enforcement.MaxKey:
		return fmt.Errorf("%w: account of %d bytes, subject of %d, id of %d, want at most %d",
			ErrBadInput, len(f.Account), len(f.Subject), len(f.ID), enforcement.MaxKey)
	case strings.ContainsRune(f.Site+f.Account+f.Subject+f.ID, 0):
		return fmt.Errorf("%w: a zero byte", ErrBadInput)
	case f.Positions < 0 || f.Positions > maxPositions:
		return fmt.Errorf("%w: positions %d, want 0 to %d", ErrBadInput, f.Positions, maxPositions)
	}
	return nil
}

// window is how long challenges of an account are one.
const window = 10 * time.Minute

// windowOf numbers the window of a moment.
func windowOf(t time.Time) int64 { return t.UnixMilli() / window.Milliseconds() }

// FromOutcome reads a fact from a report of the booking system (outcome.Record
// as JSON); ok is false where it hints at nothing.
func FromOutcome(value []byte) (f Fact, ok bool, err error) {
	var r outcome.Record
	if err := json.Unmarshal(value, &r); err != nil {
		return f, false, fmt.Errorf("read an outcome: %w", err)
	}
	f = Fact{Site: r.Site, Account: r.AccountID, Subject: r.OrderID, ID: r.ID, Positions: max(r.Positions, 1), At: r.OccurredAt}
	switch r.Type {
	case outcome.NoShow:
		f.Kind = NoShow
	case outcome.NoShowLifted:
		f.Kind = NoShowLifted
	case outcome.Mismatched:
		f.Kind = Mismatch
	default:
		return f, false, nil
	}
	if f.Account == "" {
		return f, false, nil // of an order that nobody's account holds
	}
	if f.Day, err = time.Parse(time.DateOnly, r.Date); err != nil {
		f.Day = dayOf(r.OccurredAt)
	}
	return f, true, f.Validate()
}

// fromChallenge makes a fact of a challenge's result.
func fromChallenge(c enforcement.Challenged) (Fact, error) {
	f := Fact{
		Site: c.Site, Account: c.Account, Subject: strconv.FormatInt(windowOf(c.Time), 10), At: c.Time, Day: dayOf(c.Time),
	}
	switch c.Result {
	case enforcement.ChallengeUnmet:
		f.Kind = Asked
	case enforcement.ChallengeMet:
		f.Kind = Passed
	case enforcement.ChallengeWrong:
		f.Kind = Failed
	}
	return f, f.Validate()
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
