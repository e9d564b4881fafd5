package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// run runs the jobs of a group and writes what they gathered. The error is the
// transaction's, never a job's.
func (t *tx) run(ctx context.Context, jobs []*job) error {
	for _, j := range jobs {
		if j.err = j.ctx.Err(); j.err == nil { // else the caller has gone: do nothing on its behalf
			if err := t.attempt(ctx, j); err != nil {
				return err
			}
		}
		t.running += len(j.ahead)
	}
	if err := t.flush(ctx, t.pending.marks()); err != nil {
		return err
	}
	return t.flushEvents(ctx)
}

// attempt runs one job, and undoes it if it fails.
func (t *tx) attempt(ctx context.Context, j *job) error {
	t.base, t.undo, t.saved = t.pending.marks(), nil, false
	if t.careful {
		if err := t.save(ctx); err != nil {
			return err
		}
	}
	j.err = safely(ctx, t, j.fn)
	if t.careful && j.err == nil {
		j.err = t.flushEvents(ctx)
	}
	if t.broken != nil {
		return t.broken
	}
	if j.err != nil {
		if err := t.undoJob(ctx); err != nil {
			return err
		}
	}
	if t.saved {
		t.single++
		if _, err := t.raw.ExecContext(ctx, `RELEASE SAVEPOINT job`); err != nil {
			return unavailable("release savepoint", err)
		}
	}
	return nil
}

// undoJob takes back what the running job did: to what is pending and known,
// and, behind its savepoint, to the database.
func (t *tx) undoJob(ctx context.Context) error {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
	t.pending.cut(t.base)
	if !t.saved {
		return nil
	}
	if _, err := t.raw.ExecContext(ctx, `ROLLBACK TO SAVEPOINT job`); err != nil {
		return unavailable("roll back job", err)
	}
	t.stock, t.persons = newStock(t.now), newPersons() // may have been read behind the savepoint
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

// oneAtFault reports whether a group failed for what one of its jobs wrote, or
// for what was wrongly taken for known, rather than because the engine is away.
func oneAtFault(err error) bool {
	if errors.Is(err, errStale) || errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:min(2, len(pg.Code))] { // class, see PostgreSQL's appendix of error codes
		case "22", "23", "25", "42", "54":
			return true
		}
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_ERROR:
			return true
		}
	}
	return false
}
