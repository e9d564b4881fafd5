package backfill

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"fairgate/enforcement/backtest"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/warmup"
)

// History yields events in the order of (time, id), each once, in batches;
// *history.Reader is one.
type History interface {
	Events(ctx context.Context, from, to time.Time, needs backtest.Needs, spare backtest.Spare) iter.Seq2[[]ingest.Event, error]
}

// Options adjust a Service; zero values mean the defaults named.
type Options struct {
	// Rate is how many events a second are put in at most; 2,000.
	Rate float64
	// Poll is the pause between two looks for jobs; 2 s.
	Poll time.Duration
	// Arrival is how long after an event the ledger is taken to have it; 30 s.
	Arrival time.Duration
	Now     func() time.Time
	Logger  *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Rate <= 0 {
		o.Rate = 2000
	}
	if o.Poll <= 0 {
		o.Poll = 2 * time.Second
	}
	if o.Arrival <= 0 {
		o.Arrival = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service takes in jobs and works on them. It is safe for concurrent use, also
// by several processes on one database.
type Service struct {
	store    store
	records  warmup.Store
	counters scoring.Counters
	history  History
	program  func() *rules.Program
	o        Options
}

// New makes the table of jobs where it is missing and returns a Service.
// program gives the ruleset in force; counters are the fleet's shared ones.
func New(ctx context.Context, db *sqldb.DB, records warmup.Store, counters scoring.Counters, history History, program func() *rules.Program, o Options) (*Service, error) {
	jobs, err := openStore(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("backfill: %w", err)
	}
	return &Service{store: jobs, records: records, counters: counters, history: history, program: program, o: o.withDefaults()}, nil
}

// Jobs lists the latest job of every definition, the last changed first.
func (s *Service) Jobs(ctx context.Context) ([]Job, error) {
	jobs, err := s.store.jobs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list backfills: %w", err)
	}
	return jobs, nil
}

// Start queues a backfill of a feature of the ruleset in force. It fails with
// warmup.ErrUnknownFeature, ErrWarm, ErrCold, ErrRatio, ErrTwice or ErrUnderWay.
func (s *Service) Start(ctx context.Context, feature, actor, reason string) (Job, error) {
	p, now := s.program(), s.o.Now().UTC()
	records, err := s.records.Records(ctx)
	if err != nil {
		return Job{}, fmt.Errorf("start a backfill: %w", err)
	}
	state, err := warmup.Find(warmup.States(p, records, now), feature)
	if err != nil {
		return Job{}, err
	}
	record := records[state.Definition]
	bucketed := false
	for _, f := range p.Features() {
		bucketed = bucketed || (f.Name == feature && f.Bucketed())
	}
	switch {
	case state.Definition == "":
		return Job{}, ErrRatio
	case !state.Counted:
		return Job{}, ErrCold
	case state.Warm:
		return Job{}, ErrWarm
	case bucketed && !record.Before.IsZero() && now.Sub(record.Before) < state.Window:
		return Job{}, fmt.Errorf("%w: until %s", ErrTwice, record.Before.Format(time.RFC3339))
	}
	j := Job{
		Feature: feature, Definition: state.Definition, State: Queued, Actor: actor, Reason: reason, Changed: now,
		From: now.Add(-state.Window - time.Minute).Truncate(time.Millisecond), To: record.Since, counted: record.Counted,
	}
	if bucketed {
		j.To = record.Counted
	}
	j.At = j.From
	if err := s.store.put(ctx, &j); err != nil {
		return Job{}, fmt.Errorf("start a backfill: %w", err)
	}
	return j, nil
}

// Cancel ends the job of a feature that is under way. What is in stays in: it
// is what was counted, and does no harm. The error is ErrNoJob.
func (s *Service) Cancel(ctx context.Context, feature string) error {
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.Feature != feature || j.State.Over() {
			continue
		}
		ok, err := s.store.finish(ctx, j.Definition, Cancelled, "", s.o.Now())
		if err != nil {
			return fmt.Errorf("cancel a backfill: %w", err)
		}
		if ok {
			return nil
		}
	}
	return fmt.Errorf("%w: %q", ErrNoJob, feature)
}
