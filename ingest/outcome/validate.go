package outcome

import (
	"errors"
	"fmt"
	"time"
)

// ErrInvalid is wrapped by every error about a record's or batch's content.
var ErrInvalid = errors.New("invalid outcome")

const (
	maxText      = 128
	maxPositions = 1000
)

// Validate reports every field that cannot be right, by its name on the wire.
func (r *Record) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
	}
	for _, f := range []struct {
		name, value string
		required    bool
	}{
		{"id", r.ID, true},
		{"order_id", r.OrderID, true},
		{"account_id", r.AccountID, false},
		{"from_account_id", r.FromAccountID, false},
		{"pool", r.Pool, false},
		{"state", r.State, false},
		{"request_id", r.RequestID, false},
		{"site", r.Site, false},
		{"channel", r.Channel, false},
	} {
		if f.required && f.value == "" {
			bad("%s is missing", f.name)
		}
		if len(f.value) > maxText {
			bad("%s has %d bytes, at most %d", f.name, len(f.value), maxText)
		}
	}
	if !r.Type.Valid() {
		bad("type %q is unknown", clip(string(r.Type)))
	}
	if r.OccurredAt.IsZero() {
		bad("occurred_at is missing")
	} else if y := r.OccurredAt.UTC().Year(); y < 2000 || y > 9999 {
		bad("occurred_at %s is out of range", r.OccurredAt.Format(time.RFC3339))
	}
	if r.Date != "" {
		if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
			bad("date %q is not YYYY-MM-DD", clip(r.Date))
		}
	}
	if r.Positions < 0 || r.Positions > maxPositions {
		bad("positions %d is not between 0 and %d", r.Positions, maxPositions)
	}
	return errors.Join(errs...)
}

// clip bounds a foreign text that goes into an error.
func clip(s string) string { return s[:min(len(s), 64)] }
