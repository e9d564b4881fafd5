package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest/sqldb"
)

// ClaimLife is for how long a task that somebody opened is that person's.
const ClaimLife = 15 * time.Minute

// Claim says who has a task open. It keeps nobody out: it tells the second that
// somebody is at it already.
type Claim struct {
	Reviewer string    `json:"reviewer"`
	Until    time.Time `json:"until"`
}

// Claim takes a task of the queue for a reviewer, or prolongs that; mine is false
// where it is somebody else's still, whose claim is then returned. It fails with
// ErrNotFound for a task of another site.
func (s *Service) Claim(ctx context.Context, site, id, reviewer string) (c Claim, mine bool, err error) {
	if reviewer == "" {
		return c, false, fmt.Errorf("%w: a claim needs a reviewer", ErrBadInput)
	}
	found, _, err := s.taskTarget(ctx, s.db.Read, id)
	if err != nil {
		return c, false, err
	}
	if found != site {
		return c, false, fmt.Errorf("task %q: %w", id, ErrNotFound)
	}
	now := s.options.Now()
	_, err = s.db.Write.ExecContext(ctx, `INSERT INTO case_claims (subject, reviewer, until) VALUES ($1, $2, $3)
 ON CONFLICT (subject) DO UPDATE SET reviewer = $2, until = $3 WHERE case_claims.reviewer = $2 OR case_claims.until <= $4`,
		id, reviewer, sqldb.Millis(now.Add(ClaimLife)), sqldb.Millis(now))
	if err != nil {
		return c, false, fmt.Errorf("claim a task: %w", err)
	}
	var until int64
	err = s.db.Read.QueryRowContext(ctx, `SELECT reviewer, until FROM case_claims WHERE subject = $1`, id).Scan(&c.Reviewer, &until)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, false, fmt.Errorf("read a claim: %w", err)
	}
	c.Until = sqldb.Time(until)
	return c, c.Reviewer == reviewer, nil
}

// InCluster lists accounts that cases name as a cluster's, at most limit: those
// of its own case first, then those that were flagged while they were of it. It
// is empty where no case names the cluster.
func (s *Service) InCluster(ctx context.Context, site, id string, limit int) (list []string, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT account FROM (
 SELECT a.account AS account, 0 AS rank FROM case_accounts a JOIN cases c ON c.id = a.case_id
  WHERE c.site = $1 AND c.entity = 'cluster' AND c.key = $2
 UNION ALL
 SELECT c.key, 1 FROM cases c WHERE c.site = $1 AND c.entity = 'account' AND c.cluster = $2
) AS named GROUP BY account ORDER BY MIN(rank), account LIMIT $3`, site, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read the accounts of a cluster: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return nil, fmt.Errorf("read an account of a cluster: %w", err)
		}
		list = append(list, account)
	}
	return list, rows.Err()
}
