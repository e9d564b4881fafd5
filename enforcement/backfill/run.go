package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement/backtest"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// lease is for how long a process has a job without a word of progress.
const lease = time.Minute

// again is how far before where it stopped a job that is taken up begins, so
// that events of one millisecond and a part of a batch are not lost; what is in
// already counts once.
const again = time.Minute

// portion is how many events are put in between two pauses.
const portion = 100

// Ends of a job that are not the store's or the ledger's.
var (
	errCancelled = errors.New("it was cancelled")
	errGone      = errors.New("the ruleset in force does not count the feature any more")
	errBegan     = errors.New("the feature was out of use meanwhile and began anew; start another backfill")
)

// Run works on jobs, one at a time, until ctx ends. A job that fails for a
// reason that may pass, such as a ledger that is away, is taken up again by
// this process or another.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Poll)
	defer tick.Stop()
	for {
		if err := s.next(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.WarnContext(ctx, "a backfill was interrupted; it is taken up again", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// next works on one job, if there is one.
func (s *Service) next(ctx context.Context) error {
	// What happened just before the end of a job's period must be in the ledger.
	j, ok, err := s.store.claim(ctx, s.o.Now().Add(-s.o.Arrival), lease+s.o.Arrival)
	if err != nil || !ok {
		return err
	}
	err = s.work(ctx, &j)
	switch {
	case err == nil:
		_, err = s.store.finish(ctx, j.Definition, Done, "", s.o.Now())
		return err
	case errors.Is(err, errCancelled):
		return nil
	case errors.Is(err, errGone), errors.Is(err, errBegan), errors.Is(err, scoring.ErrNotCounted), errors.Is(err, scoring.ErrInvalidTouch):
		_, failed := s.store.finish(ctx, j.Definition, Failed, err.Error(), s.o.Now())
		return failed
	default:
		return fmt.Errorf("feature %s: %w", j.Feature, err)
	}
}

// work puts in what is missing of a job.
func (s *Service) work(ctx context.Context, j *Job) error {
	p := s.program()
	if !counts(p, j) {
		return errGone
	}
	fill, err := scoring.NewBackfill(s.counters, p, j.Feature)
	if err != nil {
		return err
	}
	from := j.At.Add(-again)
	if from.Before(j.From) {
		from = j.From
	}
	pace := &pace{rate: s.o.Rate}
	noSpare := func() []ingest.Event { return nil }
	for events, err := range s.history.Events(ctx, from, j.To, backtest.NeedsOf(p), noSpare) {
		if err != nil {
			return err
		}
		for part := range slices.Chunk(events, portion) {
			if err := s.put(ctx, j, fill, part, pace); err != nil {
				return err
			}
		}
	}
	return s.conclude(ctx, j)
}

// put puts one portion in and notes it.
func (s *Service) put(ctx context.Context, j *Job, fill *scoring.Backfill, events []ingest.Event, pace *pace) error {
	n := 0
	for i := range events {
		if e := &events[i]; fill.Takes(e.Kind) {
			if err := fill.Put(ctx, e); err != nil {
				return err
			}
			n++
		}
	}
	j.Events += int64(n)
	if at := events[len(events)-1].Time; at.After(j.At) {
		j.At = at
	}
	if !pace.due(s.o.Now()) && n == 0 {
		return nil
	}
	ok, err := s.store.advance(ctx, j, s.o.Now(), lease)
	if err != nil {
		return err
	}
	if !ok {
		return errCancelled
	}
	if !counts(s.program(), j) {
		return errGone
	}
	return pace.wait(ctx, n)
}

// conclude notes that the feature's counters are whole, unless it was out of
// use in between.
func (s *Service) conclude(ctx context.Context, j *Job) error {
	records, err := s.records.Records(ctx)
	if err != nil {
		return err
	}
	if r, ok := records[j.Definition]; !ok || r.Counted.UnixMilli() != j.counted.UnixMilli() {
		return errBegan
	}
	j.At = j.To
	ok, err := s.store.advance(ctx, j, s.o.Now(), lease)
	if err != nil {
		return err
	}
	if !ok {
		return errCancelled
	}
	return s.records.Covered(ctx, j.Definition, j.From)
}

// counts reports whether the program counts what the job fills.
func counts(p *rules.Program, j *Job) bool {
	return p != nil && slices.ContainsFunc(p.Features(), func(f rules.Feature) bool {
		return f.Name == j.Feature && scoring.Definition(f) == j.Definition
	})
}

// pace holds the rate.
type pace struct {
	rate float64
	last time.Time // when progress was noted
}

// due reports whether progress is to be noted although nothing was put in.
func (p *pace) due(now time.Time) bool {
	if now.Sub(p.last) < lease/6 {
		return false
	}
	p.last = now
	return true
}

// wait lasts as long as n events may take at the rate.
func (p *pace) wait(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(float64(n) / p.rate * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
