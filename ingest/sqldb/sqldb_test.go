package sqldb_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

var things = fstest.MapFS{"migrations/00001_things.sql": {Data: []byte(`-- +goose Up
CREATE TABLE things (id TEXT PRIMARY KEY, at {{bigint}} NOT NULL) {{strict}};
INSERT INTO things (id, at) VALUES ('first', 1234567890123);
`)}}

func TestOpenRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, dsn := range []string{"", "mysql://root:secret@h/db", "sqlite:", "sqlite::memory:", "file.db"} {
		_, err := sqldb.Open(t.Context(), dsn, sqldb.Options{})
		require.ErrorIs(t, err, sqldb.ErrBadDSN, dsn)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestOpenFailureHidesThePassword(t *testing.T) {
	_, err := sqldb.Open(t.Context(), "postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=1", sqldb.Options{PingTimeout: time.Second})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestLazyOpenSucceedsWhileTheEngineIsAway(t *testing.T) {
	db, err := sqldb.Open(t.Context(), "postgres://u:p@127.0.0.1:1/db?connect_timeout=1", sqldb.Options{Lazy: true})
	require.NoError(t, err)
	require.Error(t, db.Read.PingContext(t.Context()))
	require.NoError(t, db.Close())
	_, err = sqldb.Open(t.Context(), "mysql://u:p@h/db", sqldb.Options{Lazy: true})
	require.ErrorIs(t, err, sqldb.ErrBadDSN)
}

func TestMigrateTwiceAndTransactions(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), things, "things_version"))
		require.NoError(t, db.Migrate(t.Context(), things, "things_version"))

		fault := errors.New("fault")
		err := db.InTx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO things (id, at) VALUES ($1, $2)", "lost", 1)
			require.NoError(t, err)
			return fault
		})
		require.ErrorIs(t, err, fault)

		var n, at int64
		require.NoError(t, db.Read.QueryRowContext(t.Context(), "SELECT COUNT(*), MAX(at) FROM things").Scan(&n, &at))
		assert.EqualValues(t, 1, n, "the rolled back row is gone and the migration ran once")
		assert.EqualValues(t, 1234567890123, at)
	})
}

func TestProcessesStartingTogetherMigrateOnce(t *testing.T) {
	dsns := map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "sub", "one.db") },
		"postgres": sqldbtest.PostgresDSN,
	}
	for name, make := range dsns {
		t.Run(name, func(t *testing.T) {
			dsn := make(t)
			var wait sync.WaitGroup
			errs := [4]error{}
			for i := range errs {
				wait.Go(func() {
					db, err := sqldb.Open(t.Context(), dsn, sqldb.Options{})
					if err != nil {
						errs[i] = err
						return
					}
					errs[i] = errors.Join(db.Migrate(t.Context(), things, "things_version"), db.Close())
				})
			}
			wait.Wait()
			require.NoError(t, errors.Join(errs[:]...))
		})
	}
}

func TestSQLiteReadersCannotWriteAndTablesAreStrict(t *testing.T) {
	db := sqldbtest.SQLite(t)
	require.NoError(t, db.Migrate(t.Context(), things, "things_version"))
	_, err := db.Read.ExecContext(t.Context(), "DELETE FROM things")
	require.Error(t, err)
	_, err = db.Write.ExecContext(t.Context(), "INSERT INTO things (id, at) VALUES ('x', 'not a number')")
	require.Error(t, err)
}

func TestSQLiteFilesAreTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "private.db")
	db, err := sqldb.Open(t.Context(), "sqlite:"+path, sqldb.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Migrate(t.Context(), things, "things_version"))
	for _, beside := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + beside)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s", beside)
	}
}

func TestMillis(t *testing.T) {
	now := time.Date(2026, 5, 1, 2, 3, 4, 5_000_000, time.UTC)
	assert.Equal(t, now, sqldb.Time(sqldb.Millis(now)))
	assert.True(t, sqldb.Time(sqldb.Millis(time.Time{})).IsZero())
}
