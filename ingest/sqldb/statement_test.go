package sqldb_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

func TestReplaceLeavesOtherRowsAlone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InTx(t.Context(), func(tx *sql.Tx) error {
			return sqldb.Exec(t.Context(), tx,
				sqldb.Do(`CREATE TABLE words (id BIGINT, a TEXT, b TEXT)`),
				sqldb.Do(`INSERT INTO words VALUES (1, $1, ''), (2, '', $1), (3, 'other', '')`, "u-1 and u-1"),
				sqldb.Replace("words", "u-1", "x", "a", "b"))
		}))
		for id, want := range map[int][2]string{1: {"x and x", ""}, 2: {"", "x and x"}, 3: {"other", ""}} {
			var a, b string
			require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT a, b FROM words WHERE id = $1`, id).Scan(&a, &b))
			assert.Equal(t, want, [2]string{a, b})
		}
	})
}

func TestExecEndsWithTheFirstThatFails(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		require.Error(t, db.InTx(t.Context(), func(tx *sql.Tx) error {
			return sqldb.Exec(t.Context(), tx, sqldb.Do(`CREATE TABLE once (id BIGINT)`), sqldb.Do(`INSERT INTO missing VALUES (1)`))
		}))
		_, err := db.Read.ExecContext(t.Context(), `SELECT id FROM once`)
		require.Error(t, err, "rolled back")
	})
}
