// Package sqldbtest runs a test on every database that sqldb can open, each
// time on an empty one. It is imported by tests only.
package sqldbtest

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb"
)

// Each runs test on SQLite and, where FAIRGATE_TEST_POSTGRES names a server,
// on a schema of its own in PostgreSQL. With FAIRGATE_TEST_ENGINES=required
// the absence of the server is a failure.
func Each(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite opens an empty database in the test's folder.
func SQLite(t *testing.T) *sqldb.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
}

// Postgres opens an empty schema that is dropped when the test ends.
func Postgres(t *testing.T) *sqldb.DB {
	t.Helper()
	return open(t, PostgresDSN(t))
}

// PostgresDSN makes an empty schema and returns a DSN whose tables land in it.
func PostgresDSN(t *testing.T) string {
	t.Helper()
	server := os.Getenv("FAIRGATE_TEST_POSTGRES")
	if server == "" {
		require.NotEqual(t, "required", os.Getenv("FAIRGATE_TEST_ENGINES"), "FAIRGATE_TEST_POSTGRES is not set")
		t.Skip("FAIRGATE_TEST_POSTGRES is not set")
	}
	admin := open(t, server)
	var suffix [6]byte
	_, err := rand.Read(suffix[:])
	require.NoError(t, err)
	schema := "fairgate_test_" + hex.EncodeToString(suffix[:])
	_, err = admin.Write.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Write.Exec("DROP SCHEMA " + schema + " CASCADE")
		require.NoError(t, err)
	})
	dsn, err := url.Parse(server)
	require.NoError(t, err)
	query := dsn.Query()
	query.Set("search_path", schema)
	dsn.RawQuery = query.Encode()
	return dsn.String()
}

func open(t *testing.T, dsn string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), dsn, sqldb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
