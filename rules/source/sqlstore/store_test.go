package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules/life"
	"fairgate/rules/life/lifetest"
	"fairgate/rules/source/sqlstore"
)

// migrated is a store on an empty database.
func migrated(t *testing.T, db *sqldb.DB) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), db)
	require.NoError(t, err)
	return s
}

func TestStoreOnSQLite(t *testing.T) {
	t.Parallel()
	lifetest.Run(t, func(t *testing.T) life.Store { return migrated(t, sqldbtest.SQLite(t)) })
}

func TestStoreOnPostgres(t *testing.T) {
	lifetest.Run(t, func(t *testing.T) life.Store { return migrated(t, sqldbtest.Postgres(t)) })
}
