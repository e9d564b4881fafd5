package alert

import (
	"context"
	"database/sql"
	"fmt"
	"time"
	"unicode/utf8"
)

// maxReason bounds what an operator writes, in characters.
const maxReason = 500

func reasoned(by, reason string) error {
	if by == "" {
		return fmt.Errorf("%w: who does it is missing", ErrBadInput)
	}
	if n := utf8.RuneCountInString(reason); n < 3 || n > maxReason {
		return fmt.Errorf("%w: reason: want 3 to %d characters", ErrBadInput, maxReason)
	}
	return nil
}

// Acknowledge notes that somebody has taken the alert. A second one gets
// ErrConflict with who was faster; who has it already may repeat it.
func (s *Service) Acknowledge(ctx context.Context, id, by string) (Alert, error) {
	if by == "" {
		return Alert{}, fmt.Errorf("%w: who takes it is missing", ErrBadInput)
	}
	return s.respond(ctx, id, func(a *stored, now time.Time) error {
		switch {
		case a.State == Closed:
			return closedBefore(a.Alert)
		case a.State == Acknowledged && a.AckedBy != by:
			return fmt.Errorf("%w: %s took it at %s", ErrConflict, a.AckedBy, a.AckedAt.Format(time.RFC3339))
		case a.State == Acknowledged:
			return nil
		}
		a.State, a.AckedAt, a.AckedBy, a.NextEscalation = Acknowledged, now, by, time.Time{}
		s.taken.Observe(now.Sub(a.Since).Seconds())
		return nil
	})
}

// Close ends an alert by hand, with a note of what it was. While its pattern goes
// on no other opens, unless it becomes more severe; should it come back after it
// was away, a new alert opens.
func (s *Service) Close(ctx context.Context, id, by, note string) (Alert, error) {
	if err := reasoned(by, note); err != nil {
		return Alert{}, err
	}
	return s.respond(ctx, id, func(a *stored, now time.Time) error {
		if a.State == Closed {
			return closedBefore(a.Alert)
		}
		if a.State == Firing {
			a.AckedAt, a.AckedBy = now, by
			s.taken.Observe(now.Sub(a.Since).Seconds())
		}
		a.State, a.ClosedAt, a.ClosedBy, a.Note, a.NextEscalation = Closed, now, by, note, time.Time{}
		return nil
	})
}

func closedBefore(a Alert) error {
	who := a.ClosedBy
	if who == "" {
		who = "it was over by itself"
	}
	return fmt.Errorf("%w: closed at %s (%s)", ErrConflict, a.ClosedAt.Format(time.RFC3339), who)
}

func (s *Service) respond(ctx context.Context, id string, change func(*stored, time.Time) error) (out Alert, err error) {
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		// The row is locked before it is read, so that of two people one is first.
		if _, err := tx.ExecContext(ctx, `UPDATE alerts SET note = note WHERE id = $1 AND site = $2`, id, s.site); err != nil {
			return fmt.Errorf("lock the alert: %w", err)
		}
		list, err := s.read(ctx, tx, `WHERE id = $1 AND site = $2`, id, s.site)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("alert %q: %w", id, ErrNotFound)
		}
		if err := change(&list[0], s.options.Now().UTC().Truncate(time.Millisecond)); err != nil {
			return err
		}
		out = list[0].Alert
		return s.write(ctx, tx, list[0])
	})
	return out, err
}
