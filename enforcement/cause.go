package enforcement

import (
	"errors"
	"fmt"
	"time"
)

// Cause names what a rule did: in one version of the ruleset, or in a period,
// or both. What it did is every block and withdrawal that rests on one of its
// matches.
type Cause struct {
	Site    string `json:"site"`
	Rule    string `json:"rule"`
	Ruleset string `json:"ruleset,omitempty"` // version; empty: any, then From and To are needed
	// From and To bound the time of the deciding events, both included; a zero
	// one does not.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// ErrBadCause is wrapped by every error of Cause.Validate.
var ErrBadCause = errors.New("bad cause")

// Validate reports every field that names nothing in particular.
func (c Cause) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrBadCause}, args...)...))
	}
	if c.Site == "" || len(c.Site) > MaxKey {
		bad("site has %d bytes, want 1 to %d", len(c.Site), MaxKey)
	}
	if c.Rule == "" || len(c.Rule) > MaxKey {
		bad("rule has %d bytes, want 1 to %d", len(c.Rule), MaxKey)
	}
	if len(c.Ruleset) > MaxKey {
		bad("ruleset has %d bytes, at most %d", len(c.Ruleset), MaxKey)
	}
	if c.Ruleset == "" && (c.From.IsZero() || c.To.IsZero()) {
		bad("without a ruleset version, from and to must bound a period")
	}
	if !c.From.IsZero() && !c.To.IsZero() && c.To.Before(c.From) {
		bad("to %v lies before from %v", c.To, c.From)
	}
	return errors.Join(errs...)
}

// Includes reports whether a match of the rule at t, in a version of the
// ruleset, is among what the cause names.
func (c Cause) Includes(rule, ruleset string, t time.Time) bool {
	return rule == c.Rule && (c.Ruleset == "" || ruleset == c.Ruleset) &&
		(c.From.IsZero() || !t.Before(c.From)) && (c.To.IsZero() || !t.After(c.To))
}
