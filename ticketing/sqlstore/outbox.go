package sqlstore

import (
	"context"
	"time"

	"fairgate/ticketing"
)

// Pending reads the oldest events that have not been delivered, in order of
// seq, at most limit.
func (s *Store) Pending(ctx context.Context, limit int) ([]ticketing.Event, error) {
	return reader{q: s.reader}.events(ctx, `WHERE delivered_at = 0 ORDER BY seq LIMIT $1`, limit)
}

// MarkDelivered marks the events of a range of sequence numbers, both
// included. Marks once set stay.
func (s *Store) MarkDelivered(ctx context.Context, first, last int64, at time.Time) error {
	return s.writer.do(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, "mark delivered",
			`UPDATE outbox SET delivered_at = $3 WHERE seq BETWEEN $1 AND $2 AND delivered_at = 0`, first, last, millis(at))
		return err
	})
}

// Acquire implements ticketing.Leases.
func (s *Store) Acquire(ctx context.Context, name, holder string, now, until time.Time) (bool, error) {
	var got bool
	err := s.writer.do(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, "acquire lease",
			`INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $4)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
			WHERE leases.holder = excluded.holder OR leases.expires_at <= $3`, name, holder, millis(now), millis(until))
		got = n > 0
		return err
	})
	if err != nil {
		return false, err // got is not ours to read: the writer may still be at it
	}
	return got, nil
}

// Release implements ticketing.Leases; a lease held by another stays.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	return s.writer.do(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, "release lease", `DELETE FROM leases WHERE name = $1 AND holder = $2`, name, holder)
		return err
	})
}
