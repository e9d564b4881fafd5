package lists_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
)

func TestSnapshotFollowsAndSurvives(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		path := filepath.Join(t.TempDir(), "lists.json")
		options := lists.Options{Now: func() time.Time { return f.now }}
		snapshot := lists.OpenSnapshot(t.Context(), f.db, path, options)
		require.NoError(t, snapshot.Refresh(t.Context()))
		assert.Nil(t, snapshot.Mark(rules.EntityAccount, "a"))

		_, err := f.Deny(t.Context(), []enforcement.Denial{denial("a"), denial("b")})
		require.NoError(t, err)
		require.NoError(t, snapshot.Refresh(t.Context()))
		assert.Equal(t, f.marks.marks[account("a")], snapshot.Mark(rules.EntityAccount, "a"))
		require.NoError(t, snapshot.Save())

		reopened := lists.OpenSnapshot(t.Context(), f.db, path, options)
		assert.Equal(t, snapshot.Mark(rules.EntityAccount, "b"), reopened.Mark(rules.EntityAccount, "b"), "without asking SQL")

		_, err = f.Clear(t.Context(), "", account("a"), start, "li", "people")
		require.NoError(t, err)
		require.NoError(t, reopened.Refresh(t.Context()))
		require.NoError(t, reopened.Save())
		reopened = lists.OpenSnapshot(t.Context(), f.db, path, options)
		mark, err := enforcement.DecodeMark(reopened.Mark(rules.EntityAccount, "a"))
		require.NoError(t, err)
		assert.Equal(t, enforcement.Mark{Cleared: start}, mark, "the clearing is on disk, too")
	})
}

func TestBrokenSnapshotIsEmptyAndReplaced(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		_, err := lists.New(t.Context(), db, newMemoryMarks(), lists.Options{})
		require.NoError(t, err)
		for _, text := range []string{"", "{", `{"marks":{"account:a":7}}`, `{"marks":{"account:a":"bm9wZQ=="}}`, `{"marks":{"nobody":""}}`} {
			path := filepath.Join(t.TempDir(), "lists.json")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			snapshot := lists.OpenSnapshot(t.Context(), db, path, lists.Options{})
			assert.Nil(t, snapshot.Mark(rules.EntityAccount, "a"))
			require.NoError(t, snapshot.Refresh(t.Context()))
			require.NoError(t, snapshot.Save())
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.JSONEq(t, `{"version":1,"marks":{}}`, string(data))
		}
	})
}
