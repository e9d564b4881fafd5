package lite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb/lite"
)

func open(t testing.TB, o lite.Options) *sql.DB {
	t.Helper()
	db, err := lite.Open("file:"+filepath.Join(t.TempDir(), "x.db")+"?_pragma=journal_mode(WAL)", o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE u (c INTEGER)`)
	require.NoError(t, err)
	return db
}

func count(t *testing.T, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
},
) (n int) {
	t.Helper()
	require.NoError(t, q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM t`).Scan(&n))
	return n
}

func TestStatementsAreUsedAgain(t *testing.T) {
	for name, o := range map[string]lite.Options{"watched": {}, "patient": {Patient: true}} {
		t.Run(name, func(t *testing.T) {
			db := open(t, o)
			for i := range 3 {
				_, err := db.ExecContext(t.Context(), `INSERT INTO t (a, b) VALUES ($1, $2)`, i, fmt.Sprint(i))
				require.NoError(t, err)
				assert.Equal(t, i+1, count(t, db))
			}
			_, err := db.ExecContext(t.Context(), `INSERT INTO t (a, b) VALUES ($1, $2)`, 0, "again")
			require.Error(t, err)
			_, err = db.ExecContext(t.Context(), `INSERT INTO t (a, b) VALUES ($1, $2)`, 9, "after a failure")
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), `SELEKT`)
			require.Error(t, err)
			assert.Equal(t, 4, count(t, db))
		})
	}
}

// TestOneTextTwiceAtOnce reads rows of a statement while the same text is run
// again on the same connection.
func TestOneTextTwiceAtOnce(t *testing.T) {
	db := open(t, lite.Options{})
	for i := range 3 {
		_, err := db.ExecContext(t.Context(), `INSERT INTO t (a, b) VALUES ($1, '')`, i)
		require.NoError(t, err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	const text = `SELECT a FROM t WHERE a >= $1 ORDER BY a`
	outer, err := tx.QueryContext(t.Context(), text, 0)
	require.NoError(t, err)
	var seen []int
	for outer.Next() {
		var a, inner int
		require.NoError(t, outer.Scan(&a))
		require.NoError(t, tx.QueryRowContext(t.Context(), text, 2).Scan(&inner))
		seen = append(seen, a, inner)
	}
	require.NoError(t, outer.Err())
	require.NoError(t, outer.Close()) //nolint:sqlclosecheck // before the commit
	assert.Equal(t, []int{0, 2, 1, 2, 2, 2}, seen)
	require.NoError(t, tx.Commit())
}

// TestSchemaChangesUnderAStatement: what was compiled before is compiled anew.
func TestSchemaChangesUnderAStatement(t *testing.T) {
	db := open(t, lite.Options{})
	assert.Equal(t, 0, count(t, db))
	_, err := db.ExecContext(t.Context(), `DROP TABLE t; CREATE TABLE t (b TEXT, a INTEGER, d TEXT)`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO t (d) VALUES ('x')`)
	require.NoError(t, err)
	assert.Equal(t, 1, count(t, db))
}

func TestMoreTextsThanAreKept(t *testing.T) {
	db := open(t, lite.Options{})
	for round := range 2 {
		for i := range 600 {
			var n int
			require.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT COUNT(*) + %d FROM u`, i)).Scan(&n))
			require.Equal(t, i, n, round)
		}
	}
}

func TestAnEndedContextRunsNothing(t *testing.T) {
	db := open(t, lite.Options{Patient: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.ExecContext(ctx, `INSERT INTO t (a) VALUES (1)`)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 0, count(t, db))
}

// BenchmarkQuery is a statement as most of the service's are.
func BenchmarkQuery(b *testing.B) {
	db := open(b, lite.Options{Patient: true})
	for b.Loop() {
		var n int
		require.NoError(b, db.QueryRowContext(b.Context(), `SELECT COUNT(*) FROM t WHERE a = $1 AND b = $2`, 1, "x").Scan(&n))
	}
}

// TestPlacesAreFilledAsWritten compares statements whose places lite writes
// anew with what they say: bounds, an index for one value only, and what is
// stored keeps its type.
func TestPlacesAreFilledAsWritten(t *testing.T) {
	db := open(t, lite.Options{})
	_, err := db.ExecContext(t.Context(), `CREATE UNIQUE INDEX t_one ON t (b) WHERE b = '2'`)
	require.NoError(t, err)
	for i := range 4 {
		_, err := db.ExecContext(t.Context(), `INSERT INTO t (a, b) VALUES ($1, $2)`, i, fmt.Sprint(i))
		require.NoError(t, err)
	}
	for limit := range 4 {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM (SELECT a FROM t WHERE a <> $2 LIMIT $1)`, limit, -1).Scan(&n))
		assert.Equal(t, limit, n)
	}
	for i := range 4 {
		var a int
		var kind string
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT a, typeof(b) FROM t WHERE b = $1`, fmt.Sprint(i)).Scan(&a, &kind))
		assert.Equal(t, i, a)
		assert.Equal(t, "text", kind)
	}
}
