package ticketing

import (
	"context"
	"fmt"
)

// reachable asks for the phone numbers of those who are newly named, where the
// pool wants them.
func (r Rules) reachable(positions []Position) error {
	for i, p := range positions {
		if r.PhoneRequired && len(p.PhoneSealed) == 0 {
			return invalidField(fmt.Sprintf("positions[%d].phone", i), "this pool asks for every visitor's phone number")
		}
	}
	return nil
}

// ofAge holds the pool's bounds of age, where documents tell ages; where they
// do not, the entrance has to.
func (r Rules) ofAge(positions []Position, on Date) error {
	for i, p := range positions {
		field := fmt.Sprintf("positions[%d]", i)
		age, known := p.ageOn(on)
		if !known {
			continue
		}
		if age < r.MinAge {
			return &Error{Code: CodeTooYoung, Field: field + ".document", Detail: fmt.Sprintf("visitors are at least %d years old on the day", r.MinAge)}
		}
		if r.MaxAge > 0 && age > r.MaxAge {
			return &Error{Code: CodeTooOld, Field: field + ".document", Detail: fmt.Sprintf("visitors are at most %d years old on the day", r.MaxAge)}
		}
	}
	return nil
}

// signedUpOnce holds the rule that a document stands in the pool on one day
// only. Twice on one day it cannot stand anyway.
func signedUpOnce(ctx context.Context, w *work, pool Pool, p Position, on, instead Date, field string) error {
	if !pool.Rules.OncePerDocument {
		return nil
	}
	days, err := w.StandingDays(ctx, pool.ID, p.DocumentKey)
	if err != nil {
		return err
	}
	for _, day := range days {
		if day != on && day != instead {
			return &Error{Code: CodeSignedUp, Field: field, Detail: fmt.Sprintf("the document has signed up for %s; once is the most here", day)}
		}
	}
	return nil
}
