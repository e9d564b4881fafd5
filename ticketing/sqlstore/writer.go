package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"fairgate/ticketing"
)

// groupDeadline bounds one grouped transaction.
const groupDeadline = 15 * time.Second

// job is one caller's update, waiting for the writer.
type job struct {
	ctx   context.Context //nolint:containedctx // a job is one call in flight; its caller's context travels with it
	fn    func(context.Context, *tx) error
	ahead []ticketing.Foresight // none = it has statements of its own
	done  chan error            // buffered: the writer never waits for a caller
	err   error
}

// writer commits jobs in groups: whatever has arrived while one transaction
// was being committed forms the next. A lone job waits for nobody.
type writer struct {
	db      *sql.DB
	dialect dialect
	texts   *statements
	jobs    chan *job
	group   int
	metrics *metrics

	// What the last group left known, and the turn it was true at; run's own.
	stock *stock
	turn  int64

	quit    chan struct{} // closed to stop
	stopped chan struct{} // closed when run has returned
	once    sync.Once
}

func startWriter(db *sql.DB, d dialect, opts Options, m *metrics) *writer {
	w := &writer{
		db: db, dialect: d, texts: newStatements(d), jobs: make(chan *job, opts.QueueSize), group: opts.GroupSize, metrics: m,
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
func (w *writer) do(ctx context.Context, fn func(context.Context, *tx) error, ahead ...ticketing.Foresight) error {
	j := &job{ctx: ctx, fn: fn, ahead: ahead, done: make(chan error, 1)}
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

// collect takes what is waiting, up to the group's size. Callers that are ready
// to run come first: their jobs join.
func (w *writer) collect(first *job) []*job {
	runtime.Gosched()
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
// fails is undone alone. Where the group cannot be written as it was gathered,
// its jobs are run again one by one, so that only the one at fault is refused;
// an engine's failure fails the whole group.
func (w *writer) commit(jobs []*job) {
	start := time.Now()
	foresightFirst(jobs)
	err := w.transact(jobs, false)
	if err != nil && oneAtFault(err) {
		w.metrics.repeated.Inc()
		err = w.transact(jobs, true)
	}
	answer(jobs, err)
	w.metrics.groupSize.Observe(float64(len(jobs)))
	w.metrics.commitSeconds.Observe(time.Since(start).Seconds())
}

// answer tells each caller what became of its job. Where the group as a whole
// was not written, that goes for all: what a job was refused for may have been
// what another would have written.
func answer(jobs []*job, err error) {
	for _, j := range jobs {
		if err != nil {
			j.err = err
		}
		j.done <- j.err
	}
}

// foresightFirst puts jobs that foresee what they read before those that have
// statements of their own, before which everything gathered must be written.
func foresightFirst(jobs []*job) {
	slices.SortStableFunc(jobs, func(a, b *job) int { return min(len(b.ahead), 1) - min(len(a.ahead), 1) })
}

// transact runs jobs in a transaction: careful, each in a savepoint and written
// before the next.
func (w *writer) transact(jobs []*job, careful bool) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), groupDeadline)
	defer cancel()
	known := w.stock
	w.stock = nil // until this has ended well
	sqlTx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return unavailable("begin transaction", err)
	}
	ended := false
	defer func() {
		if !ended {
			if undo := sqlTx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", undo))
			}
		}
	}()
	var turn int64
	if err := sqlTx.QueryRowContext(ctx, `UPDATE writer_turn SET turn = turn + 1 WHERE id = 1 RETURNING turn`).Scan(&turn); err != nil {
		return unavailable("take the writer's turn", err)
	}
	now := time.Now()
	if known == nil || turn != w.turn+1 || now.Sub(known.readAt) > knownFor {
		known = newStock(now)
	}
	group := &tx{raw: sqlTx, dialect: w.dialect, texts: w.texts, now: now, stock: known, persons: newPersons(), careful: careful}
	group.reader, group.db = reader{q: gate{group}}, gate{group}
	for _, j := range jobs {
		group.ahead = append(group.ahead, j.ahead...)
	}
	if err := group.run(ctx, jobs); err != nil {
		return err
	}
	w.metrics.single.Add(float64(group.single))
	if !group.changed {
		w.stock, w.turn = group.stock, turn-1 // the turn is given back
		return nil
	}
	ended = true
	if err := sqlTx.Commit(); err != nil {
		return unavailable("commit", err)
	}
	w.stock, w.turn = group.stock, turn
	return nil
}
