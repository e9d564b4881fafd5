package withdrawals

import (
	"context"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// RequestAfter queues a sweep that begins only after a while, within which
// Forget takes it back. One for the same account and event changes nothing.
func (s *Service) RequestAfter(ctx context.Context, w enforcement.Sweep, wait time.Duration) error {
	return s.request(ctx, []enforcement.Sweep{w}, s.options.Now().Add(wait))
}

// Forget takes back a sweep that has not begun, and reports whether it could:
// once a worker has taken it up, what it took is given back by Undo alone.
// Forgetting twice is forgetting once.
func (s *Service) Forget(ctx context.Context, site, account, event string) (bool, error) {
	result, err := s.db.Write.ExecContext(ctx, `UPDATE sweeps SET state = 'undone'
 WHERE site = $1 AND account = $2 AND event_id = $3 AND attempts = 0 AND (state = 'undone' OR (state = 'due' AND next_at > $4))`,
		site, account, event, sqldb.Millis(s.options.Now()))
	if err != nil {
		return false, fmt.Errorf("forget a sweep: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
