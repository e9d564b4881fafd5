package ticketing

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// dueAtOnce bounds the orders one transaction of a job changes.
const dueAtOnce = 200

// leaseName and leaseLife let one process at a time do the jobs.
const (
	leaseName = "ticketing.jobs"
	leaseLife = 15 * time.Second
)

// Run does the background jobs until the context ends: at every tick expired
// holds are released, stages of release fired and provisional orders past their
// cut-off confirmed; by the hour or the day, beside that, what the list of Jobs
// says. It returns nil when the context ends. With Options.Leases only one of
// several processes works at a time.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.opts.JobInterval)
	defer ticker.Stop()
	// What runs by the hour or the day has a goroutine of its own for as long
	// as this process has the lease, so that it keeps no hold waiting.
	var slow tenure
	defer slow.end()
	for {
		if s.mayWork(ctx) {
			slow.begin(ctx, s.runJobs)
			s.tick(ctx)
		} else {
			slow.end()
		}
		select {
		case <-ctx.Done():
			slow.end()
			s.leave(ctx)
			return nil
		case <-ticker.C:
		}
	}
}

// Due reports whether there is anything to do at a tick or by the list of Jobs.
// It is one statement for many that mostly find nothing.
func (s *Service) Due(ctx context.Context) (due bool, err error) {
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		due, err = r.AnyDue(ctx, s.now())
		return err
	})
	return due, err
}

// tick does what is due.
func (s *Service) tick(ctx context.Context) {
	due, err := s.Due(ctx)
	s.report(ctx, "due", err)
	if !due && err == nil {
		return
	}
	s.try(ctx, "expire_holds", s.ExpireHolds)
	s.try(ctx, "fire_releases", s.FireReleases)
	s.try(ctx, "release_allotments", s.ReleaseAllotments)
	s.try(ctx, "confirm_provisional", s.ConfirmProvisional)
}

// tenure is the time for which this process does the jobs.
type tenure struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// begin runs fn in a goroutine, unless it runs already.
func (t *tenure) begin(ctx context.Context, fn func(context.Context)) {
	if t.cancel != nil {
		return
	}
	ctx, t.cancel = context.WithCancel(ctx)
	ended := make(chan struct{})
	t.ended = ended
	go func() {
		defer close(ended)
		fn(ctx)
	}()
}

// end stops it and waits for it.
func (t *tenure) end() {
	if t.cancel == nil {
		return
	}
	t.cancel()
	<-t.ended
	t.cancel = nil
}

// mayWork takes or renews the lease.
func (s *Service) mayWork(ctx context.Context) bool {
	if s.opts.Leases == nil {
		return ctx.Err() == nil
	}
	now := s.now()
	held, err := s.opts.Leases.Acquire(ctx, leaseName, s.holder, now, now.Add(leaseLife))
	s.report(ctx, "lease", err)
	return err == nil && held
}

// leave gives the lease up, so that another process need not wait for its end.
func (s *Service) leave(ctx context.Context) {
	if s.opts.Leases == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	s.report(ctx, "lease", s.opts.Leases.Release(ctx, leaseName, s.holder))
}

func (s *Service) try(ctx context.Context, job string, fn func(context.Context) (int, error)) {
	began := time.Now()
	changed, err := fn(ctx)
	s.metrics.jobSeconds.WithLabelValues(job).Observe(time.Since(began).Seconds())
	s.report(ctx, job, err)
	if changed > 0 {
		s.opts.Logger.DebugContext(ctx, "background job changed orders", slog.String("job", job), slog.Int("orders", changed))
	}
}

// report is where the errors of background jobs end: they are logged and
// counted, and the job is tried again.
func (s *Service) report(ctx context.Context, job string, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	s.metrics.jobs.WithLabelValues(job).Inc()
	s.opts.Logger.ErrorContext(ctx, "background job failed", slog.String("job", job), slog.Any("error", err))
}

// ExpireHolds releases every hold that has run out and says how many.
func (s *Service) ExpireHolds(ctx context.Context) (int, error) {
	return s.sweep(ctx, Reader.DueHolds, func(ctx context.Context, w *work, o *Order) error {
		if o.State != StateHeld || w.now.Before(o.HoldExpiresAt) {
			return nil
		}
		return release(ctx, w, o, StateExpired, EventHoldExpired)
	})
}

// ConfirmProvisional confirms every provisional order whose cut-off has passed
// and says how many.
func (s *Service) ConfirmProvisional(ctx context.Context) (int, error) {
	return s.sweep(ctx, Reader.DueProvisional, func(ctx context.Context, w *work, o *Order) error {
		if o.State != StateProvisional || w.now.Before(o.ProvisionalUntil) {
			return nil
		}
		if err := o.moveTo(StateConfirmed, w.now); err != nil {
			return err
		}
		o.ProvisionalUntil = time.Time{}
		if err := w.UpdateOrder(ctx, *o); err != nil {
			return err
		}
		return w.emit(ctx, EventConfirmed, *o, "")
	})
}

// sweep changes due orders, some in each transaction, until none is left. What
// it is given as fn must look again, because an order may have moved on since it was found due.
func (s *Service) sweep(ctx context.Context,
	due func(Reader, context.Context, time.Time, int) ([]string, error),
	fn func(ctx context.Context, w *work, o *Order) error,
) (int, error) {
	total := 0
	for {
		var ids []string
		err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			ids, err = due(r, ctx, s.now(), dueAtOnce)
			return err
		})
		if err != nil || len(ids) == 0 {
			return total, err
		}
		err = s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
			for _, id := range ids {
				order, err := w.Order(ctx, id)
				if err != nil {
					return err
				}
				if err := fn(ctx, w, &order); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += len(ids)
		if len(ids) < dueAtOnce {
			return total, nil
		}
	}
}

// Forget drops remembered answers, ended sessions, delivered events, codes and
// settled messages that are past their life.
func (s *Service) Forget(ctx context.Context) error {
	return s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		if err := w.ForgetCodes(ctx, w.now.Add(-codesKept), w.now.Add(-s.opts.MessageLife)); err != nil {
			return err
		}
		return w.Forget(ctx, w.now.Add(-s.opts.AnswerLife), w.now.Add(-s.opts.SessionLife), w.now.Add(-s.opts.EventLife))
	})
}

// ownJobs are the service's jobs by the hour or the day.
func (s *Service) ownJobs() []Job {
	return []Job{
		{Name: "forget", Every: time.Hour, Run: func(ctx context.Context, _ string) (JobResult, error) { return JobResult{}, s.Forget(ctx) }},
		{Name: "erase", Every: time.Hour, Timeout: 10 * time.Minute, Run: s.eraseDue},
		{Name: "reseal", Every: 24 * time.Hour, Timeout: 10 * time.Minute, Run: s.reseal},
		{Name: "no_shows", Every: 15 * time.Minute, Timeout: 10 * time.Minute, Run: s.judgeNoShows},
	}
}
