package watch

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/google/uuid"

	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// LeaseTime is for how long a process has the watch of a site before another may
// take over.
const LeaseTime = 15 * time.Second

// Lease is the right to watch a site, which one process of a fleet has at a
// time. It is safe for concurrent use.
type Lease struct {
	db     *sqldb.DB
	site   string
	holder string
}

// OpenLease migrates the table and returns this process's lease on a site,
// which it does not have yet.
func OpenLease(ctx context.Context, db *sqldb.DB, site string) (*Lease, error) {
	if err := db.Migrate(ctx, migrations, "alert_watch_schema"); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make the name of a watcher: %w", err)
	}
	return &Lease{db: db, site: site, holder: id.String()}, nil
}

// Hold takes or renews the lease at a time and reports whether this process has
// it.
func (l *Lease) Hold(ctx context.Context, now time.Time) (bool, error) {
	result, err := l.db.Write.ExecContext(ctx, `INSERT INTO alert_watchers (site, holder, until_ms) VALUES ($1, $2, $3)
 ON CONFLICT (site) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
 WHERE alert_watchers.holder = excluded.holder OR alert_watchers.until_ms <= $4`,
		l.site, l.holder, sqldb.Millis(now.Add(LeaseTime)), sqldb.Millis(now))
	if err != nil {
		return false, fmt.Errorf("hold the lease of watching: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("hold the lease of watching: %w", err)
	}
	return n > 0, nil
}

// Release gives the lease up, so that another takes over at once.
func (l *Lease) Release(ctx context.Context) error {
	if _, err := l.db.Write.ExecContext(ctx, `DELETE FROM alert_watchers WHERE site = $1 AND holder = $2`, l.site, l.holder); err != nil {
		return fmt.Errorf("release the lease of watching: %w", err)
	}
	return nil
}
