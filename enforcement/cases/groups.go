package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// Group is a cluster with a case that nobody has decided.
type Group struct {
	Case    string
	Cluster string
	Opened  time.Time
	// Accounts are those that the case concerns.
	Accounts int
}

// Groups reads the cases of clusters. It only reads, from tables that New has
// migrated. It is safe for concurrent use.
type Groups struct{ db *sqldb.DB }

// NewGroups reads from the database of a Service.
func NewGroups(db *sqldb.DB) Groups { return Groups{db} }

// maxGroups bounds what Open gives.
const maxGroups = 100

// Open lists the clusters of a site with an open case that was opened since
// then, the newest 100, newest first.
func (g Groups) Open(ctx context.Context, site string, since time.Time) (list []Group, err error) {
	rows, err := g.db.Read.QueryContext(ctx, `SELECT id, key, opened_at, (SELECT COUNT(*) FROM case_accounts WHERE case_id = cases.id)
 FROM cases WHERE site = $1 AND state = 'open' AND opened_at >= $2 AND entity = $3 ORDER BY opened_at DESC, id DESC LIMIT $4`,
		site, sqldb.Millis(since), string(rules.EntityCluster), maxGroups)
	if err != nil {
		return nil, fmt.Errorf("list the clusters with a case: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var k Group
		var opened int64
		if err := rows.Scan(&k.Case, &k.Cluster, &opened, &k.Accounts); err != nil {
			return nil, fmt.Errorf("read a cluster with a case: %w", err)
		}
		k.Opened = sqldb.Time(opened)
		list = append(list, k)
	}
	return list, rows.Err()
}
