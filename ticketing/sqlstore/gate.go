package sqlstore

import (
	"context"
	"database/sql"
)

// gate is how jobs reach the transaction with statements of their own. What
// the group has not written yet is written first, so that every statement sees
// it; the job gets a savepoint, so that it can be undone alone; and what the
// statement may change is no longer taken for known.
type gate struct{ t *tx }

var _ querier = gate{}

func (g gate) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := g.t.open(ctx, query); err != nil {
		return nil, err
	}
	return g.t.raw.ExecContext(ctx, query, args...)
}

func (g gate) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := g.t.open(ctx, query); err != nil {
		return nil, err
	}
	return g.t.raw.QueryContext(ctx, query, args...)
}

func (g gate) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if g.t.open(ctx, query) != nil {
		// A row cannot be made of an error. This one will say "cancelled"; why,
		// the writer learns from the transaction itself.
		lost, cancel := context.WithCancel(ctx)
		cancel()
		ctx = lost
	}
	return g.t.raw.QueryRowContext(ctx, query, args...)
}

// open prepares the transaction for a statement of the running job.
func (t *tx) open(ctx context.Context, query string) error {
	if err := t.settle(ctx); err != nil {
		return err
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	e := effectOf(query)
	t.changed = t.changed || e.something
	if e.stock {
		t.stock = newStock(t.now)
	}
	if e.persons {
		t.persons = newPersons()
	}
	return nil
}

// save sets the running job's savepoint, before its first statement.
func (t *tx) save(ctx context.Context) error {
	if t.saved {
		return nil
	}
	if _, err := t.raw.ExecContext(ctx, `SAVEPOINT job`); err != nil {
		return t.lost(unavailable("savepoint", err))
	}
	t.saved = true
	return nil
}

// settle writes what earlier jobs have gathered and then, in the savepoint of
// the running one, what it has.
func (t *tx) settle(ctx context.Context) error {
	if t.broken != nil {
		return t.broken
	}
	if err := t.flush(ctx, t.base); err != nil {
		return err
	}
	t.base = marks{events: t.base.events} // what was before is written
	if t.pending.marks().written() {
		return nil
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	return t.flush(ctx, t.pending.marks())
}

// lost remembers that the transaction cannot be used any more.
func (t *tx) lost(err error) error {
	if t.broken == nil {
		t.broken = err
	}
	return err
}
