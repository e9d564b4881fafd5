package lists

import (
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/rules"
)

// MaxException is how far ahead the end of an exception may lie: people change
// jobs and devices change hands, so each is looked at again at least twice a
// year.
const MaxException = 184 * 24 * time.Hour

// Exception asks to except one target from one rule or score band, until then.
type Exception struct {
	Site    string // empty: every site
	Target  enforcement.Target
	Rule    string // id of the rule or band
	Reason  string
	Actor   string
	Expires time.Time
}

// validate reports every field that would make the exception blanket, endless
// or nobody's.
func (x Exception) validate(now time.Time) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: exception: "+format, append([]any{ErrBadInput}, args...)...))
	}
	if !x.Target.Valid() {
		bad("entity %q is unknown", x.Target.Entity)
	}
	if n := len(x.Target.Key); n == 0 || n > enforcement.MaxKey {
		bad("key has %d bytes, want 1 to %d", n, enforcement.MaxKey)
	}
	if !rules.ValidName(x.Rule) {
		bad("rule %q is not the id of one rule or band", x.Rule)
	}
	if x.Actor == "" || x.Reason == "" {
		bad("needs an actor (%q) and a reason (%d bytes)", x.Actor, len(x.Reason))
	}
	switch {
	case x.Expires.IsZero():
		bad("expires_at is missing: every exception ends")
	case !x.Expires.After(now):
		bad("expires_at %s lies in the past", x.Expires.Format(time.RFC3339))
	case x.Expires.Sub(now) > MaxException:
		bad("expires_at %s lies more than %d days ahead", x.Expires.Format(time.RFC3339), MaxException/(24*time.Hour))
	}
	return errors.Join(errs...)
}
