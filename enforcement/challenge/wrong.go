package challenge

import (
	"context"
	"fmt"
	"time"
)

// Wrong is a wrong answer to a challenge.
type Wrong struct {
	Visitor Visitor
	Scope   Scope
	Time    time.Time
	// Nth counts the visitor's wrong answers of the last ten minutes or so, from
	// 1 on.
	Nth int
}

// maxTold is how many wrong answers of one visitor within a window are told: a
// guesser's next ones say nothing new.
const maxTold = 5

// wrong counts a wrong answer and tells of it. Whoever is told must not wait.
func (s *Service) wrong(ctx context.Context, v Visitor, scope Scope, now time.Time) error {
	found, err := s.options.Attempts.Count(ctx, s.tallyKeys("try", v.Subject, v.Subnet), attemptsWindow, now, Tally{Failed: 1})
	if err != nil {
		return fmt.Errorf("count an answer: %w", err)
	}
	if s.options.Wrong != nil && len(found) > 0 && found[0].Failed <= maxTold {
		s.options.Wrong(ctx, Wrong{Visitor: v, Scope: scope, Time: now, Nth: found[0].Failed})
	}
	return nil
}
