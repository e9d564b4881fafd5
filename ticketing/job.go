package ticketing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Job is work that is done again and again: every so often, or daily at a time
// of day at the venue. Run gets what the last run left as progress, and must
// end with its context; what it did not get done it leaves to the next run.
type Job struct {
	Name    string
	Every   time.Duration
	At      Clock         // daily; Every is then not read
	Timeout time.Duration // of one run; default 1 min
	Run     func(ctx context.Context, progress string) (JobResult, error)
}

// JobResult says what a run came to. More asks for another run at once.
type JobResult struct {
	Changed  int    // rows or orders, for the log
	Progress string // where the next run goes on; empty = from the beginning
	Report   string // for people, without personal data
	More     bool
}

// JobState is how a job stands. It outlives the process.
type JobState struct {
	Name         string
	LastStarted  time.Time
	LastFinished time.Time
	LastError    string // empty if the last run went well
	NextDue      time.Time
	Progress     string
	Report       string
}

// A failed job is tried again after retryJob, or after its own interval if that
// is shorter. What it says of its error is bounded.
const (
	retryJob    = 5 * time.Minute
	jobTimeout  = time.Minute
	maxJobError = 500
)

// validateJobs names the first job that cannot be one.
func validateJobs(jobs []Job) error {
	for i, j := range jobs {
		if j.Name == "" || j.Run == nil {
			return fmt.Errorf("jobs[%d]: want a name and something to run", i)
		}
		if slices.ContainsFunc(jobs[:i], func(other Job) bool { return other.Name == j.Name }) {
			return fmt.Errorf("jobs[%d]: a second job %q", i, j.Name)
		}
		if _, err := ParseClock(string(j.At)); j.At != "" && err != nil {
			return fmt.Errorf("jobs[%d].at: %w", i, err)
		}
		if j.At == "" && j.Every <= 0 {
			return fmt.Errorf("jobs[%d].every: want how often, got %v", i, j.Every)
		}
	}
	return nil
}

// due is when the job runs next after a moment.
func (j Job) due(after time.Time) time.Time {
	if j.At == "" {
		return after.Add(j.Every)
	}
	today := DateOf(after)
	if at := today.Start().Add(j.At.sinceMidnight()); at.After(after) {
		return at
	}
	return today.plus(1).Start().Add(j.At.sinceMidnight())
}

// retry is when a failed job runs again.
func (j Job) retry(now time.Time) time.Time {
	if j.At == "" && j.Every < retryJob {
		return now.Add(j.Every)
	}
	return now.Add(retryJob)
}

// planJobs makes every job known. New ones by interval are due at once, daily
// ones at their next time.
func (s *Service) planJobs(ctx context.Context) error {
	return s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		for _, j := range s.jobs {
			due := w.now
			if j.At != "" {
				due = j.due(w.now)
			}
			if err := w.PlanJob(ctx, j.Name, due); err != nil {
				return err
			}
		}
		return nil
	})
}

// runJobs runs what is due, one job after the other, until the context ends.
func (s *Service) runJobs(ctx context.Context) {
	ticker := time.NewTicker(s.opts.JobInterval)
	defer ticker.Stop()
	planned := false
	for {
		if !planned {
			err := s.planJobs(ctx)
			s.report(ctx, "plan", err)
			planned = err == nil
		}
		if planned {
			if _, err := s.RunDue(ctx); err != nil {
				s.report(ctx, "claim", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// RunDue runs every planned job that is due, once, and says how many. A job
// that fails keeps none of the others; its error is logged and kept with its
// state.
func (s *Service) RunDue(ctx context.Context) (int, error) {
	var known []JobState
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		known, err = r.Jobs(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	ran, now := 0, s.now()
	for _, j := range s.jobs {
		if err := ctx.Err(); err != nil {
			return ran, err
		}
		if !slices.ContainsFunc(known, func(k JobState) bool { return k.Name == j.Name && !k.NextDue.After(now) }) {
			continue // asked without writing first: a job is rarely due
		}
		state, mine, err := s.claim(ctx, j)
		if err != nil {
			return ran, err
		}
		if !mine {
			continue
		}
		ran++
		if err := s.runJob(ctx, j, state); err != nil {
			return ran, err
		}
	}
	return ran, nil
}

// PlanJobs makes every job known to the store, as Run does when it begins.
func (s *Service) PlanJobs(ctx context.Context) error { return s.planJobs(ctx) }

func (s *Service) claim(ctx context.Context, j Job) (state JobState, mine bool, err error) {
	now := s.now()
	// Twice its time: whoever still works after that is gone.
	until := now.Add(2 * orDefault(j.Timeout, jobTimeout))
	err = s.update(ctx, Call{}, func(ctx context.Context, w *work) (err error) {
		state, mine, err = w.ClaimJob(ctx, j.Name, s.holder, now, until)
		return err
	})
	return state, mine, err
}

// runJob runs one job and writes down what became of it, also when the context
// ends meanwhile.
func (s *Service) runJob(ctx context.Context, j Job, state JobState) error {
	began := time.Now()
	running, cancel := context.WithTimeout(ctx, orDefault(j.Timeout, jobTimeout))
	result, err := j.Run(running, state.Progress)
	cancel()
	s.metrics.jobSeconds.WithLabelValues(j.Name).Observe(time.Since(began).Seconds())
	now := s.now()
	state.LastFinished, state.LastError = now, ""
	switch {
	case err != nil:
		state.LastError, state.NextDue = bounded(err.Error(), maxJobError), j.retry(now)
		if result.Progress != "" {
			state.Progress = result.Progress
		}
		if errors.Is(err, context.Canceled) { // ended with the process: go on where another begins
			state.NextDue = now
		}
	case result.More:
		state.Progress, state.Report, state.NextDue = result.Progress, result.Report, now
	default:
		state.Progress, state.Report, state.NextDue = result.Progress, result.Report, j.due(now)
	}
	s.report(ctx, j.Name, err)
	if result.Changed > 0 || result.Progress != "" {
		s.opts.Logger.InfoContext(ctx, "background job ran", slog.String("job", j.Name), slog.Int("changed", result.Changed),
			slog.String("progress", result.Progress), slog.Bool("more", result.More))
	}
	writing, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	err = s.update(writing, Call{}, func(ctx context.Context, w *work) error { return w.FinishJob(ctx, s.holder, state) })
	if errors.Is(err, ErrNotFound) {
		return nil // took twice its time: another process has it now
	}
	return err
}

// bounded cuts a text at a number of bytes.
func bounded(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most]
}

// JobView is a job as operations see it.
type JobView struct {
	JobState
	Every time.Duration // zero for a daily job
	At    Clock
}

// Jobs lists the jobs that run by the hour or the day, in order of name.
func (s *Service) Jobs(ctx context.Context) ([]JobView, error) {
	var states []JobState
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		states, err = r.Jobs(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	views := make([]JobView, len(states))
	for i, state := range states {
		views[i].JobState = state
		if at := slices.IndexFunc(s.jobs, func(j Job) bool { return j.Name == state.Name }); at >= 0 {
			views[i].At = s.jobs[at].At
			if views[i].At == "" {
				views[i].Every = s.jobs[at].Every
			}
		}
	}
	return views, nil
}
