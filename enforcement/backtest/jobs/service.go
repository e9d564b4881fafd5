package jobs

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"fairgate/enforcement/backtest"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Rulesets knows the stored texts of the ruleset.
type Rulesets interface {
	// Text gives the text of a version, named by its number, its hash or its
	// program's version; "" names the one in force.
	Text(ctx context.Context, version string) (string, error)
}

// Options adjust a Service; zero values mean the defaults named.
type Options struct {
	// Accounts and Entities are backtest.Options'.
	Accounts, Entities int
	// People, if set, knows of evidence about accounts without a label.
	People backtest.People
	// Poll is how often the queue and cancellations are looked at, and progress
	// written; 500 ms. A job without a sign of life for ten times as long is
	// taken for interrupted.
	Poll time.Duration
	// Keep is how many results are kept; 200.
	Keep   int
	Rules  rules.Options
	Now    func() time.Time
	Logger *slog.Logger
}

// Service is the queue. It is safe for concurrent use, also by several
// processes on one database.
type Service struct {
	db       *sqldb.DB
	source   backtest.Source
	rulesets Rulesets
	o        Options
	wake     chan struct{}
}

// Open makes the table where it is missing.
func Open(ctx context.Context, db *sqldb.DB, source backtest.Source, rulesets Rulesets, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "backtests_goose_version"); err != nil {
		return nil, err
	}
	if o.Poll <= 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Keep <= 0 {
		o.Keep = 200
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{db: db, source: source, rulesets: rulesets, o: o, wake: make(chan struct{}, 1)}, nil
}

// Submit checks a request whole and queues it. Texts that do not compile are
// refused with every problem, wrapped in ErrBadRequest; a full queue with
// ErrBusy.
func (s *Service) Submit(ctx context.Context, r Request) (Job, error) {
	if err := r.validate(); err != nil {
		return Job{}, err
	}
	next, text, err := s.program(ctx, "ruleset", r.Text, r.Version)
	if err != nil {
		return Job{}, err
	}
	row := row{Job: Job{State: Waiting, Actor: r.Actor, From: r.From.UTC(), To: r.To.UTC(), Version: next.Version()}, document: text}
	if !r.Alone {
		against, text, err := s.program(ctx, "against", "", r.Against)
		if err != nil {
			return Job{}, err
		}
		row.Against, row.againstDocument = against.Version(), text
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Job{}, fmt.Errorf("make a backtest's id: %w", err)
	}
	row.ID, row.Created = id.String(), s.o.Now().UTC().Truncate(time.Millisecond)
	if err := s.insert(ctx, row); err != nil {
		return Job{}, err
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return row.Job, nil
}

func (r Request) validate() error {
	var errs []error
	bad := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: %s: %s", ErrBadRequest, field, fmt.Sprintf(format, args...)))
	}
	if r.Actor == "" {
		bad("actor", "is missing")
	}
	if (r.Text == "") == (r.Version == "") {
		bad("ruleset", "give either a text or a stored version")
	}
	if len(r.Text) > MaxText {
		bad("ruleset", "%d bytes, at most %d", len(r.Text), MaxText)
	}
	switch {
	case r.From.IsZero() || r.To.IsZero():
		bad("from, to", "are both needed")
	case !r.To.After(r.From):
		bad("to", "%s is not after from (%s)", r.To.Format(time.RFC3339), r.From.Format(time.RFC3339))
	case r.To.Sub(r.From) > MaxPeriod:
		bad("to", "the period is %s, at most %s", rules.FormatDuration(r.To.Sub(r.From)), rules.FormatDuration(MaxPeriod))
	}
	return errors.Join(errs...)
}

// program compiles a text, or the text of a stored version.
func (s *Service) program(ctx context.Context, field, text, version string) (*rules.Program, string, error) {
	if text == "" {
		var err error
		if text, err = s.rulesets.Text(ctx, version); err != nil {
			return nil, "", fmt.Errorf("%w: %s: %w", ErrBadRequest, field, err)
		}
	}
	p, err := rules.Load(field, []byte(text), s.o.Rules)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrBadRequest, err)
	}
	return p, text, nil
}

// Cancel asks a job to stop. One that waits is over at once, one that runs
// within Poll.
func (s *Service) Cancel(ctx context.Context, id, actor string) (Job, error) {
	if actor == "" {
		return Job{}, fmt.Errorf("%w: actor: is missing", ErrBadRequest)
	}
	if err := s.cancel(ctx, id, actor); err != nil {
		return Job{}, err
	}
	return s.Get(ctx, id)
}

// Run works the queue off until ctx ends. What runs then is recorded as
// interrupted.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Poll)
	defer tick.Stop()
	for {
		job, ok, err := s.claim(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.o.Logger.WarnContext(ctx, "the queue of backtests cannot be read", "error", err)
		case ok:
			s.work(ctx, job)
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// errCancelled ends a run that somebody cancelled.
var errCancelled = errors.New("cancelled")

// work runs one job and records how it ended.
func (s *Service) work(ctx context.Context, job row) {
	s.o.Logger.InfoContext(ctx, "backtest begins", "id", job.ID, "version", job.Version, "against", job.Against)
	var progress backtest.Progress
	running, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(running, job.ID, &progress, cancel)
	}()
	result, err := s.compare(running, job, &progress)
	cause := context.Cause(running)
	cancel(nil)
	<-watched
	job.Position, job.Result, job.State = progress.At(s.o.Now()), result, Done
	if err != nil {
		job.State, job.Error = Failed, err.Error()
		switch {
		case errors.Is(cause, errCancelled):
			job.State = Cancelled
		case ctx.Err() != nil:
			job.State = Interrupted
		}
	}
	// The end is recorded even when the process is about to stop.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := s.finish(ctx, job); err != nil {
		s.o.Logger.ErrorContext(ctx, "the end of a backtest could not be recorded", "id", job.ID, "error", err)
		return
	}
	s.o.Logger.InfoContext(ctx, "backtest over", "id", job.ID, "state", job.State, "events", job.Position.Events, "error", job.Error)
}

func (s *Service) compare(ctx context.Context, job row, progress *backtest.Progress) (*backtest.Comparison, error) {
	next, _, err := s.program(ctx, "ruleset", job.document, "")
	if err != nil {
		return nil, err
	}
	var against *rules.Program
	if job.againstDocument != "" {
		if against, _, err = s.program(ctx, "against", job.againstDocument, ""); err != nil {
			return nil, err
		}
	}
	return backtest.Compare(ctx, s.source, next, against, backtest.Options{
		From: job.From, To: job.To, Accounts: s.o.Accounts, Entities: s.o.Entities, Progress: progress, Now: s.o.Now,
		People: s.o.People,
	})
}

// watch writes progress, which is also the sign of life, and looks whether the
// job was cancelled.
func (s *Service) watch(ctx context.Context, id string, progress *backtest.Progress, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(s.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		cancelled, err := s.beat(ctx, id, progress.At(s.o.Now()))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.o.Logger.WarnContext(ctx, "progress of a backtest could not be recorded", "id", id, "error", err)
		case cancelled:
			cancel(errCancelled)
			return
		}
	}
}
