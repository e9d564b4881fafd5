package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/enforcement/sqldb"
	"fairgate/enforcement/sqldb/sqldbtest"
	"fairgate/rules/life"
	"fairgate/rules/life/lifetest"
	"fairgate/rules/source/sqlstore"
)

// migrated is a store on an empty database.
func migrated(t *testing.T, db *sqldb.DB) *sqlstore.Store {
	t.Helper()
	dir, err := sqlstore.Migrations()
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context(), dir, sqlstore.VersionTable))
	return sqlstore.New(db.Read, db.Write)
}

func TestStoreOnSQLite(t *testing.T) {
	t.Parallel()
	lifetest.Run(t, func(t *testing.T) life.Store { return migrated(t, sqldbtest.SQLite(t)) })
}

func TestStoreOnPostgres(t *testing.T) {
	lifetest.Run(t, func(t *testing.T) life.Store { return migrated(t, sqldbtest.Postgres(t)) })
}
