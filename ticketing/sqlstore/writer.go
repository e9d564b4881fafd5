package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"fairgate/ticketing"
)

// groupDeadline bounds one grouped transaction.
const groupDeadline = 15 * time.Second

// job is one caller's update, waiting for the writer.
type job struct {
	ctx  context.Context //nolint:containedctx // a job is one call in flight; its caller's context travels with it
	fn   func(context.Context, *tx) error
	done chan error // buffered: the writer never waits for a caller
	err  error
}

// writer commits jobs in groups: whatever has arrived while one transaction
// was being committed forms the next. A lone job waits for nobody.
type writer struct {
	db      *sql.DB
	jobs    chan *job
	group   int
	metrics *metrics

	quit    chan struct{} // closed to stop
	stopped chan struct{} // closed when run has returned
	once    sync.Once
}

func startWriter(db *sql.DB, opts Options, m *metrics) *writer {
	w := &writer{
		db: db, jobs: make(chan *job, opts.QueueSize), group: opts.GroupSize, metrics: m,
		quit: make(chan struct{}), stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// stop lets the writer finish what is queued and waits for it.
func (w *writer) stop() {
	w.once.Do(func() { close(w.quit) })
	<-w.stopped
}

// do hands a job to the writer and waits for its commit.
func (w *writer) do(ctx context.Context, fn func(context.Context, *tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case <-w.quit: // judged alone first: a select picks at random
		return fmt.Errorf("store is closed: %w", ticketing.ErrUnavailable)
	default:
	}
	select {
	case w.jobs <- j:
	case <-w.quit:
		return fmt.Errorf("store is closed: %w", ticketing.ErrUnavailable)
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w", ctx.Err())
	}
	select {
	case err := <-j.done:
		return err
	case <-w.stopped:
	case <-ctx.Done():
		return fmt.Errorf("wait for the commit: %w", ctx.Err())
	}
	select { // the writer may have answered just before it stopped
	case err := <-j.done:
		return err
	default:
		return fmt.Errorf("store is closed: %w", ticketing.ErrUnavailable)
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case j := <-w.jobs:
			w.commit(w.collect(j))
		case <-w.quit:
			for {
				select {
				case j := <-w.jobs:
					w.commit(w.collect(j))
				default:
					return
				}
			}
		}
	}
}

// collect takes what is waiting, up to the group's size.
func (w *writer) collect(first *job) []*job {
	jobs := append(make([]*job, 0, w.group), first)
	for len(jobs) < w.group {
		select {
		case j := <-w.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// commit runs a group in one transaction and answers its callers. A job that
// fails is undone alone; an engine's failure fails the whole group.
func (w *writer) commit(jobs []*job) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), groupDeadline)
	defer cancel()
	err := w.transact(ctx, jobs)
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = err
		}
		j.done <- j.err
	}
	w.metrics.groupSize.Observe(float64(len(jobs)))
	w.metrics.commitSeconds.Observe(time.Since(start).Seconds())
}

func (w *writer) transact(ctx context.Context, jobs []*job) (err error) {
	sqlTx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return unavailable("begin transaction", err)
	}
	defer func() {
		if err != nil {
			if undo := sqlTx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", undo))
			}
		}
	}()
	if _, err := sqlTx.ExecContext(ctx, `UPDATE writer_turn SET turn = turn + 1 WHERE id = 1`); err != nil {
		return unavailable("take the writer's turn", err)
	}
	group := &tx{reader: reader{sqlTx}, db: sqlTx}
	for _, j := range jobs {
		if j.err = j.ctx.Err(); j.err != nil {
			continue // the caller has gone: do nothing on its behalf
		}
		if err := w.attempt(ctx, sqlTx, group, j); err != nil {
			return err
		}
	}
	if err := group.flush(ctx); err != nil {
		return unavailable("write outbox", err)
	}
	if err := sqlTx.Commit(); err != nil {
		return unavailable("commit", err)
	}
	return nil
}

// attempt runs one job in a savepoint. The error is the engine's, not the job's.
func (w *writer) attempt(ctx context.Context, sqlTx *sql.Tx, group *tx, j *job) error {
	if _, err := sqlTx.ExecContext(ctx, `SAVEPOINT job`); err != nil {
		return unavailable("savepoint", err)
	}
	before := len(group.events)
	if j.err = safely(ctx, group, j.fn); j.err != nil {
		group.events = group.events[:before]
		if _, err := sqlTx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT job`); err != nil {
			return unavailable("roll back job", err)
		}
	}
	if _, err := sqlTx.ExecContext(ctx, `RELEASE SAVEPOINT job`); err != nil {
		return unavailable("release savepoint", err)
	}
	return nil
}

// safely turns a panic of one job into its error, because the writer belongs to
// all of them.
func safely(ctx context.Context, t *tx, fn func(context.Context, *tx) error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("update panicked: %v\n%s", fault, debug.Stack())
		}
	}()
	return fn(ctx, t)
}
