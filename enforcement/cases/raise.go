package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
	"fairgate/scoring/cluster"
)

// Clusters knows which accounts belong together; *cluster.Tracker is one.
type Clusters interface {
	// Ready reports whether all that is known has been read.
	Ready() bool
	// Of is the cluster of an account at a time.
	Of(account string, at time.Time) (cluster.State, bool)
	// Members lists accounts of a cluster, at most limit.
	Members(id string, limit int) []string
}

// linkedOpen is how many accounts of one cluster have open cases when the
// cluster gets one itself.
const linkedOpen = 3

// Raise has the clusters of confirmed scalpers looked at: each opens or extends
// one case of the cluster that names its accounts, at most 200. It blocks nobody,
// and no neighbour gets a label. It returns how many confirmations it followed.
func (s *Service) Raise(ctx context.Context, clusters Clusters) (int, error) {
	if !clusters.Ready() {
		return 0, nil
	}
	due, err := s.dueRaises(ctx)
	if err != nil {
		return 0, err
	}
	for i, r := range due {
		state, ok := clusters.Of(r.account, s.options.Now())
		var members []string
		if ok && state.Size > 1 {
			members = clusters.Members(state.ID, maxLinked)
		}
		err := s.db.InTx(ctx, func(tx *sql.Tx) error {
			if len(members) > 0 {
				if err := s.raise(ctx, tx, r, state.ID, members); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, `UPDATE case_raises SET done = 1 WHERE site = $1 AND account = $2 AND at = $3`,
				r.site, r.account, sqldb.Millis(r.at))
			return err
		})
		if err != nil {
			return i, fmt.Errorf("have the cluster of a confirmed account looked at: %w", err)
		}
	}
	return len(due), nil
}

// confirmed is a confirmation whose cluster is to be looked at.
type confirmed struct {
	site, account, actor string
	at                   time.Time
}

func (s *Service) dueRaises(ctx context.Context) (list []confirmed, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT site, account, actor, at FROM case_raises WHERE done = 0 ORDER BY at LIMIT 100`)
	if err != nil {
		return nil, fmt.Errorf("look for confirmed accounts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r confirmed
		var at int64
		if err := rows.Scan(&r.site, &r.account, &r.actor, &at); err != nil {
			return nil, fmt.Errorf("read a confirmed account: %w", err)
		}
		r.at = sqldb.Time(at)
		list = append(list, r)
	}
	return list, rows.Err()
}

// raise opens or extends the cluster's case. One that is being watched is open
// again: there is something new to look at.
func (s *Service) raise(ctx context.Context, tx *sql.Tx, r confirmed, id string, members []string) error {
	c, err := s.clusterCase(ctx, tx, r.site, id, r.at)
	if err != nil {
		return err
	}
	if err := link(ctx, tx, c.ID, r.account, WhyConfirmed, r.at); err != nil {
		return err
	}
	for _, m := range members {
		if m == r.account {
			continue
		}
		if err := link(ctx, tx, c.ID, m, WhyLinked, r.at); err != nil {
			return err
		}
	}
	if c.State == Watch {
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET state = 'open', version = version + 1 WHERE id = $1`, c.ID); err != nil {
			return fmt.Errorf("open a watched case: %w", err)
		}
	}
	return s.note(ctx, tx, c.ID, r.actor, "confirmed "+r.account+", which belongs to this cluster")
}

// clusterCase finds the standing case of a cluster, or opens one.
func (s *Service) clusterCase(ctx context.Context, tx *sql.Tx, site, id string, at time.Time) (Case, error) {
	target := enforcement.Target{Entity: rules.EntityCluster, Key: id}
	c, err := s.standing(ctx, tx, site, target)
	if errors.Is(err, ErrNotFound) {
		return s.open(ctx, tx, enforcement.Finding{Site: site, Target: target, Time: at})
	}
	return c, err
}

// standing is the case of a subject that is not cleared.
func (s *Service) standing(ctx context.Context, tx *sql.Tx, site string, target enforcement.Target) (Case, error) {
	return scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases
 WHERE entity = $1 AND key = $2 AND site = $3 AND state <> 'cleared'`, string(target.Entity), target.Key, site))
}

// link notes that a case concerns an account.
func link(ctx context.Context, tx *sql.Tx, id, account string, why Why, at time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO case_accounts (case_id, account, why, at) VALUES ($1, $2, $3, $4)
 ON CONFLICT (case_id, account) DO UPDATE SET why = CASE WHEN case_accounts.why = 'confirmed' THEN case_accounts.why ELSE excluded.why END`,
		id, account, string(why), sqldb.Millis(at))
	if err != nil {
		return fmt.Errorf("link an account to a case: %w", err)
	}
	return nil
}

// gather brings the case of an account to that of its cluster: one that stands
// is extended, and enough open cases of one cluster open one. Families are
// clusters, too: nothing acts on them.
func (s *Service) gather(ctx context.Context, tx *sql.Tx, c Case, f enforcement.Finding) error {
	if f.Cluster == "" || c.Target.Entity != rules.EntityAccount {
		return nil
	}
	if c.Cluster != f.Cluster {
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET cluster = $1 WHERE id = $2`, f.Cluster, c.ID); err != nil {
			return fmt.Errorf("note the cluster of case %s: %w", c.ID, err)
		}
	}
	group, err := s.standing(ctx, tx, c.Site, enforcement.Target{Entity: rules.EntityCluster, Key: f.Cluster})
	if err == nil {
		return s.linkBounded(ctx, tx, group.ID, c.Target.Key, WhyLinked, f.Time)
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	var open int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM cases WHERE site = $1 AND cluster = $2 AND state = 'open'
 AND entity = 'account'`, c.Site, f.Cluster).Scan(&open)
	if err != nil || open < linkedOpen {
		return err
	}
	if group, err = s.clusterCase(ctx, tx, c.Site, f.Cluster, f.Time); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO case_accounts (case_id, account, why, at)
 SELECT $1, key, 'linked', $2 FROM cases WHERE site = $3 AND cluster = $4 AND state = 'open' AND entity = 'account'
 ON CONFLICT (case_id, account) DO NOTHING`, group.ID, sqldb.Millis(f.Time), c.Site, f.Cluster)
	if err != nil {
		return fmt.Errorf("link the accounts of a cluster: %w", err)
	}
	return nil
}

// linkBounded links an account unless the case has as many as it shows.
func (s *Service) linkBounded(ctx context.Context, tx *sql.Tx, id, account string, why Why, at time.Time) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_accounts WHERE case_id = $1`, id).Scan(&n)
	if err != nil {
		return fmt.Errorf("count linked accounts: %w", err)
	}
	if n >= maxLinked {
		return nil
	}
	return link(ctx, tx, id, account, why, at)
}

// Follow raises the clusters of confirmed scalpers until ctx ends.
func (s *Service) Follow(ctx context.Context, clusters Clusters) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		if _, err := s.Raise(ctx, clusters); err != nil && ctx.Err() == nil {
			s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "neighbours of confirmed accounts not looked at yet", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
