package ticketing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// opens is the moment from which places of a day can be booked: the day's own,
// where it has one, or else so many days ahead as the rules say; never before
// the pool itself. Zero = at any time.
func (p Pool) opens(on Date, own time.Time) time.Time {
	at := own
	if at.IsZero() && p.Rules.DaysAhead > 0 {
		at = on.plus(-p.Rules.DaysAhead).Start().Add(p.Rules.DailyOpening.sinceMidnight())
	}
	if p.OpensAt.After(at) {
		return p.OpensAt
	}
	return at
}

// open refuses a day that cannot be booked yet, and one whose booking has
// ended.
func (p Pool) open(ctx context.Context, w *work, at Place) error {
	var own time.Time
	if p.Kind.SignUp() { // no other kind's days have a moment of their own
		var err error
		if own, err = w.DayOpening(ctx, p.ID, at.Date); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if w.now.Before(p.opens(at.Date, own)) {
		return ErrNotOpen
	}
	if seconds := p.Rules.NoticeSeconds; seconds > 0 && !before(w.now, at, seconds) {
		return &Error{Code: CodeTooLate, Field: "date", Detail: fmt.Sprintf("booking ends %v before the visit", time.Duration(seconds)*time.Second)}
	}
	return nil
}

// openDay sets when a day opens, if the change of the day says so; no other
// kind's days than those that visitors sign up for have such a moment.
func openDay(ctx context.Context, w *work, pool Pool, d DayCapacity, field string) error {
	if d.OpensAt == nil {
		return nil
	}
	if !pool.Kind.SignUp() {
		return invalidField(field, "is for pools of the kinds activity, lecture and guardian, not %s", pool.Kind)
	}
	return w.OpenDay(ctx, pool.ID, Date(d.Date), d.OpensAt.UTC().Truncate(time.Millisecond))
}
