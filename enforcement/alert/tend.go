package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement/notify"
	"fairgate/ingest/sqldb"
)

// Tend does what time brings: alerts that are over are closed, those that nobody
// took are told again, silences that match nothing end, and what is old is
// forgotten. It may be repeated at any pace.
func (s *Service) Tend(ctx context.Context) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		now := s.options.Now().UTC()
		if err := s.endIdle(ctx, tx, now); err != nil {
			return err
		}
		silences, err := s.silencesIn(ctx, tx)
		if err != nil {
			return err
		}
		open, err := s.read(ctx, tx, `WHERE site = $1 AND state <> 'closed' ORDER BY id`, s.site)
		if err != nil {
			return err
		}
		if err := s.warn(ctx, tx, open, silences, now); err != nil {
			return err
		}
		for _, a := range open {
			if err := s.tend(ctx, tx, a, silences, now); err != nil {
				return err
			}
		}
		return nil
	})
	s.outbox.Wake()
	return errors.Join(err, s.prune(ctx))
}

func (s *Service) tend(ctx context.Context, tx *sql.Tx, a stored, silences []Silence, now time.Time) error {
	silenced := silenceOf(silences, a.Alert, now) != nil
	switch {
	case now.Sub(a.LastSeen) >= s.options.Over:
		a.State, a.ClosedAt, a.NextEscalation = Closed, now, time.Time{}
		if a.told && !silenced {
			if err := s.tell(ctx, tx, notify.AlertClosed, a.Alert, a.ID); err != nil {
				return err
			}
		}
	case silenced:
		return nil
	case !a.told: // it began silenced, and the silence is over
		if err := s.tell(ctx, tx, notify.AlertFired, a.Alert, a.ID+"/"+string(a.Severity)); err != nil {
			return err
		}
		a.told = true
	case a.State == Firing && !a.NextEscalation.IsZero() && !a.NextEscalation.After(now):
		a.Escalated++
		a.Severity, a.NextEscalation = notify.Urgent, time.Time{}
		if a.Escalated == 1 && a.Due.After(now) {
			a.NextEscalation = a.Due
		}
		if err := s.tell(ctx, tx, notify.AlertEscalated, a.Alert, fmt.Sprintf("%s/%d", a.ID, a.Escalated)); err != nil {
			return err
		}
	default:
		return nil
	}
	return s.write(ctx, tx, a)
}

// warning is how long before its end a silence that still keeps an alert quiet
// is told of.
const warning = 10 * time.Minute

// warn tells once of each silence that ends soon while what it covers goes on.
func (s *Service) warn(ctx context.Context, tx *sql.Tx, open []stored, silences []Silence, now time.Time) error {
	for _, x := range silences {
		if x.Until.Sub(now) > warning || x.Until.Sub(x.Made) <= warning {
			continue
		}
		i := slices.IndexFunc(open, func(a stored) bool { return x.Matches(a.Alert) })
		if i < 0 {
			continue
		}
		a := open[i]
		m := notify.Message{
			Key: "silence/" + x.ID, Kind: notify.SilenceEnding, Severity: a.Severity, Time: now, Link: s.link(a.ID),
			Fields: map[string]string{"what_zh": a.What.ZH, "what_en": a.What.EN, "by": x.By, "until": s.clock(x.Until), "reason": clip(x.Reason)},
		}
		if _, err := s.outbox.Append(ctx, tx, m); err != nil {
			return fmt.Errorf("tell of the end of silence %s: %w", x.ID, err)
		}
	}
	return nil
}

// clip keeps a reason within what a message's field takes.
func clip(reason string) string {
	const most = 100
	if runes := []rune(reason); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return reason
}

func (s *Service) prune(ctx context.Context) error {
	before := sqldb.Millis(s.options.Now().Add(-s.options.Keep))
	if _, err := s.db.Write.ExecContext(ctx, `DELETE FROM alerts WHERE site = $1 AND state = 'closed' AND closed_ms < $2`, s.site, before); err != nil {
		return fmt.Errorf("forget alerts: %w", err)
	}
	if _, err := s.db.Write.ExecContext(ctx, `DELETE FROM alert_silences WHERE site = $1 AND until_ms < $2`, s.site, before); err != nil {
		return fmt.Errorf("forget silences: %w", err)
	}
	return nil
}
