package alert

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"fairgate/enforcement/notify"
)

// Report takes what was found now. Findings of one pattern and group become one
// alert; a finding of an alert that is open keeps it open and brings it up to
// date. An alert that became more severe is told again. Bad findings are
// refused, all of them, before anything changes.
func (s *Service) Report(ctx context.Context, findings ...Finding) error {
	for i, f := range findings {
		if err := f.Validate(); err != nil {
			return fmt.Errorf("finding %d: %w", i, err)
		}
	}
	if len(findings) == 0 {
		return nil
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		silences, err := s.silencesIn(ctx, tx)
		if err != nil {
			return err
		}
		for _, f := range findings {
			if err := s.take(ctx, tx, f, silences); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.outbox.Wake()
	}
	return err
}

func (s *Service) take(ctx context.Context, tx *sql.Tx, f Finding, silences []Silence) error {
	open, err := s.read(ctx, tx, `WHERE site = $1 AND pattern = $2 AND grouping = $3 AND state <> 'closed'`, s.site, string(f.Pattern), f.Group)
	if err != nil {
		return err
	}
	now := s.options.Now().UTC()
	var a stored
	fresh := len(open) == 0
	if fresh {
		if settled, err := s.settled(ctx, tx, f, now); err != nil || settled {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an alert id: %w", err)
		}
		a.Alert = Alert{ID: id.String(), Site: s.site, Pattern: f.Pattern, Group: f.Group, State: Firing, Since: now}
	} else {
		a = open[0]
	}
	worse := !fresh && !a.Severity.AtLeast(f.Severity)
	a.update(f, now)
	// A notice may wait for whoever comes by.
	if (fresh || worse) && a.State == Firing && a.NextEscalation.IsZero() && a.Escalated == 0 && a.Severity.AtLeast(notify.Warning) {
		a.NextEscalation = now.Add(s.options.Escalate)
	}
	silenced := silenceOf(silences, a.Alert, now)
	if silenced != nil {
		if err := s.matched(ctx, tx, silenced.ID, now); err != nil {
			return err
		}
	}
	if (worse || !a.told) && silenced == nil {
		if err := s.tell(ctx, tx, notify.AlertFired, a.Alert, a.ID+"/"+string(a.Severity)); err != nil {
			return err
		}
		a.told = true
	}
	if err := s.write(ctx, tx, a); err != nil {
		return err
	}
	if fresh {
		s.opened.WithLabelValues(string(a.Pattern), string(a.Severity)).Inc()
		s.options.Logger.WarnContext(ctx, "alert opened", "alert", a.ID, "pattern", string(a.Pattern), "group", a.Group, "severity", string(a.Severity))
	}
	return nil
}

// settled reports whether a finding belongs to an alert that somebody closed
// while its pattern went on: then it opens no other until the pattern has been
// away, unless it has become worse than what was looked at.
func (s *Service) settled(ctx context.Context, tx *sql.Tx, f Finding, now time.Time) (bool, error) {
	closed, err := s.read(ctx, tx, `WHERE site = $1 AND pattern = $2 AND grouping = $3 AND state = 'closed' ORDER BY closed_ms DESC, id DESC LIMIT 1`,
		s.site, string(f.Pattern), f.Group)
	if err != nil || len(closed) == 0 {
		return false, err
	}
	a := closed[0]
	if a.ClosedBy == "" || now.Sub(a.LastSeen) >= s.options.Over || !a.Severity.AtLeast(f.Severity) {
		return false, nil
	}
	a.LastSeen = now
	return true, s.write(ctx, tx, a)
}

// update brings the alert up to date; what it has reached it keeps.
func (a *stored) update(f Finding, now time.Time) {
	a.LastSeen = now
	a.Accounts = max(a.Accounts, f.Accounts)
	if a.Severity == "" || !a.Severity.AtLeast(f.Severity) {
		a.Severity = f.Severity
	}
	pools := append(slices.Clone(a.Pools), f.Pools...)
	slices.Sort(pools)
	a.Pools = slices.Compact(pools)
	a.Pools = a.Pools[:min(len(a.Pools), maxPools)]
	a.What, a.Evidence, a.Done, a.Next, a.Path = f.What, f.Evidence, f.Done, f.Next, f.Path
}

// tell queues a message about an alert; key keeps it from going out twice.
func (s *Service) tell(ctx context.Context, tx *sql.Tx, kind notify.Kind, a Alert, key string) error {
	fields := map[string]string{"what_zh": a.What.ZH, "what_en": a.What.EN, "since": s.clock(a.Since)}
	switch kind { //nolint:exhaustive // the others have no more than that
	case notify.AlertFired:
		fields["who"], fields["pools"] = strconv.Itoa(a.Accounts), list(a.Pools)
		fields["evidence_zh"], fields["evidence_en"] = a.Evidence.ZH, a.Evidence.EN
		fields["done_zh"], fields["done_en"] = a.Done.ZH, a.Done.EN
		fields["next_zh"], fields["next_en"] = a.Next.ZH, a.Next.EN
	case notify.AlertEscalated:
		fields["waited"] = strconv.Itoa(int(s.options.Now().Sub(a.Since).Minutes()))
	case notify.AlertClosed:
		fields["until"] = s.clock(a.ClosedAt)
	}
	m := notify.Message{Key: "alert/" + key + "/" + string(kind), Kind: kind, Severity: a.Severity, Time: s.options.Now(), Fields: fields, Link: s.link(a.ID)}
	if _, err := s.outbox.Append(ctx, tx, m); err != nil {
		return fmt.Errorf("tell of alert %s: %w", a.ID, err)
	}
	return nil
}

// clock writes a time as the venue's clocks show it.
func (s *Service) clock(t time.Time) string { return t.In(s.options.Zone).Format(time.DateTime) }

func (s *Service) link(id string) string {
	if s.options.Console == "" {
		return ""
	}
	return s.options.Console + "/alerts/" + id
}

// list names a few pools and counts the rest.
func list(pools []string) string {
	const few = 5
	text := ""
	for i, p := range pools {
		if i == few {
			return text + fmt.Sprintf(" +%d", len(pools)-few)
		}
		if i > 0 {
			text += ", "
		}
		text += p
	}
	return text
}
