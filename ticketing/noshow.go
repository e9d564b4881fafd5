package ticketing

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// NoShowOutcome says how a pool day's no-shows were judged.
type NoShowOutcome string

// The outcomes. Without a single entry, or with hardly any, nobody is recorded:
// a terminal outage must not freeze honest people's booking.
const (
	NoShowsRecorded  NoShowOutcome = "recorded"
	NoShowsEmpty     NoShowOutcome = "empty"      // nobody was booked
	NoShowsUnscanned NoShowOutcome = "unscanned"  // nobody was seen to enter
	NoShowsImplied   NoShowOutcome = "hardly_any" // so few entered that the terminals are to be doubted
)

// Valid reports whether o is one of the known outcomes.
func (o NoShowOutcome) Valid() bool {
	switch o {
	case NoShowsRecorded, NoShowsEmpty, NoShowsUnscanned, NoShowsImplied:
		return true
	}
	return false
}

// Attendance is what a pool day came to: positions booked, those of them that
// entered, and entries of anybody that were scanned for the pool on that day.
type Attendance struct {
	Expected int
	Entered  int
	Entries  int
}

// outcome judges an attendance.
func (a Attendance) outcome() NoShowOutcome {
	switch {
	case a.Expected == 0:
		return NoShowsEmpty
	case a.Entries == 0:
		return NoShowsUnscanned
	case a.Expected >= doubtFrom && a.Entered*doubtShare < a.Expected:
		return NoShowsImplied
	}
	return NoShowsRecorded
}

// Of so many visitors or more, one in so many at least must have entered.
const (
	doubtFrom  = 20
	doubtShare = 10
)

// NoShowDay is how a pool day was judged.
type NoShowDay struct {
	Pool     string
	Date     Date
	Outcome  NoShowOutcome
	Expected int
	Missed   int
	At       time.Time
}

// Bounds of the job: how far back days are judged, so that a house that begins
// to use it does not judge years; how far back late uploads of terminals are
// looked for; and orders a transaction.
const (
	noShowDays = 7
	lateDays   = 14
	noShowStep = 50
)

// judgeNoShows records the no-shows of every pool day that ended longer than the
// grace ago, and takes back those of visitors who, as a terminal's late upload
// shows, did enter.
func (s *Service) judgeNoShows(ctx context.Context, _ string) (JobResult, error) {
	back, err := s.takeBackEntered(ctx)
	if err != nil {
		return JobResult{}, err
	}
	last := DateOf(s.now().Add(-s.opts.NoShowGrace)).plus(-1)
	var due []Place
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		due, err = r.NoShowDaysDue(ctx, last.plus(1-noShowDays), last)
		return err
	})
	if err != nil {
		return JobResult{}, err
	}
	total := 0
	for _, at := range due {
		missed, err := s.judgeDay(ctx, at)
		total += missed
		if err != nil {
			return JobResult{Changed: total}, fmt.Errorf("no-shows of %s on %s: %w", at.Pool, at.Date, err)
		}
	}
	return JobResult{Changed: total + back, Report: fmt.Sprintf("%d days judged, %d no-shows recorded, %d taken back", len(due), total, back)}, nil
}

// judgeDay judges one pool day, some orders a transaction; the day is marked in
// the last one, so that a crash repeats nothing.
func (s *Service) judgeDay(ctx context.Context, at Place) (missed int, err error) {
	for done := false; !done; {
		var step int
		err := s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
			step, done = 0, false
			came, err := w.AttendanceOf(ctx, at.Pool, at.Date)
			if err != nil {
				return err
			}
			outcome := came.outcome()
			if outcome == NoShowsRecorded {
				ids, err := w.MissedOrders(ctx, at.Pool, at.Date, noShowStep)
				if err != nil {
					return err
				}
				for _, id := range ids {
					n, err := missOrder(ctx, w, id)
					if err != nil {
						return err
					}
					step += n
				}
				if len(ids) == noShowStep {
					return nil // there may be more
				}
			}
			done = true
			absent := came.Expected - came.Entered
			if outcome != NoShowsRecorded {
				absent = 0
			}
			return w.PutNoShowDay(ctx, NoShowDay{Pool: at.Pool, Date: at.Date, Outcome: outcome, Expected: came.Expected, Missed: absent, At: w.now})
		})
		if err != nil {
			return missed, err
		}
		missed += step
	}
	return missed, nil
}

// missOrder records every position of an order that did not enter, and tells the
// outbox once.
func missOrder(ctx context.Context, w *work, id string) (int, error) {
	order, err := w.Order(ctx, id)
	if err != nil {
		return 0, err
	}
	entered, err := w.Entered(ctx, id)
	if err != nil {
		return 0, err
	}
	var missed []Position
	for _, p := range order.Positions {
		if slices.Contains(entered, p.ID) {
			continue
		}
		fresh, err := w.RecordNoShow(ctx, NoShow{PositionID: p.ID, OrderID: id, Pool: order.Pool, Date: order.Date, DocumentKey: p.DocumentKey, At: w.now})
		if err != nil {
			return 0, err
		}
		if fresh {
			missed = append(missed, p)
		}
	}
	if len(missed) == 0 {
		return 0, nil
	}
	order.Positions = missed
	return len(missed), w.emit(ctx, EventNoShow, order, "")
}

// takeBackEntered takes back the no-shows of whoever entered after all.
func (s *Service) takeBackEntered(ctx context.Context) (int, error) {
	total := 0
	for {
		n := 0
		err := s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
			ids, err := w.EnteredAfterAll(ctx, DateOf(w.now).plus(-lateDays), noShowStep)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := takeBack(ctx, w, id, "check-in", "entered, as a terminal uploaded later"); err != nil {
					return err
				}
			}
			n = len(ids)
			return nil
		})
		total += n
		if err != nil || n < noShowStep {
			return total, err
		}
	}
}

// TakeBackNoShow has a no-show that was wrongly recorded count no more, which
// lifts the freeze it may have caused; who does it and why is kept with it. It
// fails with ErrInvalidField, and with ErrNotFound unless the position has a
// no-show that counts.
func (s *Service) TakeBackNoShow(ctx context.Context, call Call, position, reason string) error {
	who, err := call.namedActor()
	if err != nil {
		return err
	}
	if reason, err = checkReason(reason); err != nil {
		return err
	}
	_, err = once(ctx, s, call, "operations", func(ctx context.Context, w *work) (struct{}, error) {
		return struct{}{}, takeBack(ctx, w, position, who, reason)
	})
	return err
}

// takeBack has one position's no-show count no more, and tells the outbox.
func takeBack(ctx context.Context, w *work, position, who, reason string) error {
	id, err := w.TakeBackNoShow(ctx, position, who, reason, w.now)
	if err != nil {
		return err
	}
	order, err := w.Order(ctx, id)
	if err != nil {
		return err
	}
	order.Positions = slices.DeleteFunc(order.Positions, func(p Position) bool { return p.ID != position })
	return w.emit(ctx, EventNoShowLifted, order, "")
}
