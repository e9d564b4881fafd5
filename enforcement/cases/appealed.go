package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
)

// DecidedBy tells who decided the latest case of a subject, and the cluster that
// it was last seen in; empty where nobody did, or none is known.
func (s *Service) DecidedBy(ctx context.Context, site string, target enforcement.Target) (by, cluster string, err error) {
	c, err := scanCase(s.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases
 WHERE entity = $1 AND key = $2 AND site = $3 ORDER BY id DESC LIMIT 1`, string(target.Entity), target.Key, site))
	if errors.Is(err, ErrNotFound) {
		return "", "", nil
	}
	return c.DecidedBy, c.Cluster, err
}

// Appealed opens or extends the one case of a cluster or network from which many
// appeals have come. It acts on nobody.
func (s *Service) Appealed(ctx context.Context, site string, bunch enforcement.Target, accounts []string, at time.Time) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		c, err := s.standing(ctx, tx, site, bunch)
		if errors.Is(err, ErrNotFound) {
			c, err = s.open(ctx, tx, enforcement.Finding{Site: site, Target: bunch, Time: at})
		}
		if err != nil {
			return err
		}
		for _, account := range accounts {
			if err := s.linkBounded(ctx, tx, c.ID, account, WhyAppealed, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open a case of many appeals: %w", err)
	}
	return nil
}
