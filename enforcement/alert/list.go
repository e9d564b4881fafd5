package alert

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fairgate/ingest/sqldb"
)

// Filter chooses alerts. Empty fields leave them all.
type Filter struct {
	State   State // "open" of a list is firing or acknowledged: leave it empty and set Open
	Open    bool
	Pattern Pattern
	Before  string // id of the last one seen
	Limit   int    // default and at most 200
}

// List gives alerts, the newest first, with the silences that cover them.
func (s *Service) List(ctx context.Context, f Filter) ([]Alert, error) {
	if f.State != "" && !f.State.Valid() {
		return nil, fmt.Errorf("%w: state %q: unknown", ErrBadInput, f.State)
	}
	if f.Pattern != "" && !f.Pattern.Valid() {
		return nil, fmt.Errorf("%w: pattern %q: unknown", ErrBadInput, f.Pattern)
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 200
	}
	return s.shown(ctx, `WHERE site = $1 AND ($2 = '' OR state = $2) AND ($3 = 0 OR state <> 'closed') AND ($4 = '' OR pattern = $4)
 AND ($5 = '' OR id < $5) ORDER BY id DESC LIMIT $6`, s.site, string(f.State), sqldb.Flag(f.Open), string(f.Pattern), f.Before, f.Limit)
}

// Get reads one.
func (s *Service) Get(ctx context.Context, id string) (Alert, error) {
	list, err := s.shown(ctx, `WHERE site = $1 AND id = $2`, s.site, id)
	if err != nil {
		return Alert{}, err
	}
	if len(list) == 0 {
		return Alert{}, fmt.Errorf("alert %q: %w", id, ErrNotFound)
	}
	return list[0], nil
}

func (s *Service) shown(ctx context.Context, where string, args ...any) ([]Alert, error) {
	rows, err := s.read(ctx, s.db.Read, where, args...)
	if err != nil {
		return nil, err
	}
	silences, err := s.Silences(ctx, false)
	if err != nil {
		return nil, err
	}
	now := s.options.Now()
	out := make([]Alert, 0, len(rows))
	for _, a := range rows {
		if x := silenceOf(silences, a.Alert, now); x != nil && a.State != Closed {
			a.SilencedUntil, a.Silence = x.Until, x.ID
		}
		out = append(out, a.Alert)
	}
	return out, nil
}

// Month is how people responded to the alerts that began in one month of the
// venue's calendar. Alerts that were over before anybody took them, and those
// that nobody has taken yet, count as untaken.
type Month struct {
	Month    string        `json:"month"` // 2006-01
	Alerts   int           `json:"alerts"`
	Taken    int           `json:"taken"`
	InTime   int           `json:"in_time"` // taken within the target
	Median   time.Duration `json:"-"`
	Slowest  time.Duration `json:"-"`
	Escalate int           `json:"escalated"`
}

// Months reports how people responded, for each of the last n months that have
// alerts, the newest first. What is told of are alerts of severity warning and
// urgent: a notice asks nobody to respond.
func (s *Service) Months(ctx context.Context, n int) ([]Month, error) {
	if n < 1 || n > 36 {
		return nil, fmt.Errorf("%w: months %d: want 1 to 36", ErrBadInput, n)
	}
	now := s.options.Now().In(s.options.Zone)
	from := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, s.options.Zone).AddDate(0, 1-n, 0)
	rows, err := s.read(ctx, s.db.Read, `WHERE site = $1 AND since_ms >= $2 AND severity <> 'notice' ORDER BY id DESC`, s.site, sqldb.Millis(from))
	if err != nil {
		return nil, err
	}
	var out []Month
	var waits []time.Duration
	settle := func() {
		if len(out) > 0 && len(waits) > 0 {
			slices.Sort(waits)
			out[len(out)-1].Median, out[len(out)-1].Slowest = waits[len(waits)/2], waits[len(waits)-1]
		}
		waits = waits[:0]
	}
	for _, a := range rows {
		month := a.Since.In(s.options.Zone).Format("2006-01")
		if len(out) == 0 || out[len(out)-1].Month != month {
			settle()
			out = append(out, Month{Month: month})
		}
		m := &out[len(out)-1]
		m.Alerts++
		if a.Escalated > 0 {
			m.Escalate++
		}
		if !a.AckedAt.IsZero() {
			wait := a.AckedAt.Sub(a.Since)
			waits = append(waits, wait)
			if m.Taken++; wait <= s.options.Target {
				m.InTime++
			}
		}
	}
	settle()
	return out, nil
}
