package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/sqlstore"
	"fairgate/ticketing/storetest"
)

func open(t *testing.T, dsn string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), dsn, sqlstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// sqliteDSN names a new file; its path has what URLs must escape.
func sqliteDSN(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "a b?c#d%20.db")
}

// postgresDSN names a new schema of the real PostgreSQL, dropped at the end.
func postgresDSN(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("FAIRGATE_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("FAIRGATE_TEST_ENGINES") == "required" {
			t.Fatal("FAIRGATE_TEST_POSTGRES is not set")
		}
		t.Skip("FAIRGATE_TEST_POSTGRES is not set")
	}
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	schema := "ticketing_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	_, err = db.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.ExecContext(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		assert.NoError(t, err)
		assert.NoError(t, db.Close())
	})
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

func engines() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{"sqlite": sqliteDSN, "postgres": postgresDSN}
}

// rawDB goes past the store.
func rawDB(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver, source := "pgx", dsn
	if path, lite := strings.CutPrefix(dsn, "sqlite:"); lite {
		driver, source = "sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// refused holds that the database itself refuses statements on what is
// append-only.
func refused(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	db := rawDB(t, dsn)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.ErrorContains(t, err, "append-only", statement)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) storetest.Store {
				t.Helper()
				return open(t, dsn(t))
			})
			t.Run("gathered", func(t *testing.T) {
				t.Parallel()
				storetest.RunTogether(t, func(t *testing.T) storetest.Grouper {
					t.Helper()
					return open(t, dsn(t))
				})
			})
			t.Run("one by one", func(t *testing.T) {
				t.Parallel()
				storetest.RunTogether(t, func(t *testing.T) storetest.Grouper {
					t.Helper()
					return sqlstore.Careful{Store: open(t, dsn(t))}
				})
			})
		})
	}
}

// TestTwoProcessesMigrateOnce opens one database many times at once, as
// processes starting together do, and writes through all of them.
func TestTwoProcessesMigrateOnce(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const processes, each = 4, 25
			target := dsn(t)
			var group sync.WaitGroup
			for p := range processes {
				group.Go(func() {
					s, err := sqlstore.Open(t.Context(), target, sqlstore.Options{Connections: 2})
					if !assert.NoError(t, err) {
						return
					}
					for i := range each {
						err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
							return tx.Append(ctx, ticketing.Event{ID: fmt.Sprintf("%d-%d", p, i)})
						})
						if err != nil {
							t.Error(err)
						}
					}
					assert.NoError(t, s.Close())
				})
			}
			group.Wait()
			s := open(t, target)
			require.NoError(t, s.View(t.Context(), func(ctx context.Context, r ticketing.Reader) error {
				events, err := r.Events(ctx, 0, 1000)
				require.Len(t, events, processes*each)
				assert.Equal(t, int64(processes*each), events[len(events)-1].Seq, "numbered without gaps over all processes")
				return err
			}))
		})
	}
}

// TestTwoProcessesNeverOversell takes places through two stores at once.
func TestTwoProcessesNeverOversell(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const capacity, callers = 30, 100
			target := dsn(t)
			stores := []*sqlstore.Store{open(t, target), open(t, target)}
			update := func(s *sqlstore.Store, fn func(context.Context, ticketing.Tx) error) error {
				return s.Update(t.Context(), fn)
			}
			require.NoError(t, update(stores[0], func(ctx context.Context, tx ticketing.Tx) error {
				return errors.Join(tx.PutPool(ctx, ticketing.Pool{ID: "p", LimitPerOrder: 1, Hold: 1e9}), tx.PutDay(ctx, "p", "2026-05-10", capacity))
			}))
			var (
				group sync.WaitGroup
				taken atomic.Int64
			)
			for i := range callers {
				group.Go(func() {
					err := update(stores[i%2], func(ctx context.Context, tx ticketing.Tx) error {
						// Read, then write what was read: lost if updates were not serial.
						days, err := tx.Days(ctx, "p", "2026-05-10")
						if err != nil || days[0].Left == 0 {
							return errors.Join(err, ticketing.ErrSoldOut)
						}
						return tx.PutDay(ctx, "p", "2026-05-10", days[0].Capacity-1)
					})
					if err == nil {
						taken.Add(1)
					} else if !errors.Is(err, ticketing.ErrSoldOut) {
						t.Error(err)
					}
				})
			}
			group.Wait()
			assert.Equal(t, int64(capacity), taken.Load())
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"mysql://u:hunter2@h/d": "mysql", "sqlite:": "path", "": "dsn",
		"sqlite:" + filepath.Join(t.TempDir(), "absent", "x.db"): "absent",
	} {
		_, err := sqlstore.Open(t.Context(), dsn, sqlstore.Options{})
		require.ErrorContains(t, err, want, dsn)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// TestSQLiteFilesAreTheOwnersAlone holds that nobody else on the machine reads
// the database or what SQLite writes beside it.
func TestSQLiteFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "private.db")
	store, err := sqlstore.Open(t.Context(), "sqlite:"+path, sqlstore.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	for _, beside := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + beside)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s", beside)
	}
}

// TestClose holds that closing finishes what waits, may be repeated, and that
// later updates are refused.
func TestClose(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	s, err := sqlstore.Open(t.Context(), dsn, sqlstore.Options{GroupSize: 2})
	require.NoError(t, err)
	var group sync.WaitGroup
	entered := make(chan struct{}, 50)
	var accepted sync.Map
	for i := range 50 {
		group.Go(func() {
			err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				entered <- struct{}{}
				return tx.Append(ctx, ticketing.Event{ID: fmt.Sprint(i)})
			})
			if err == nil {
				accepted.Store(fmt.Sprint(i), true)
			} else {
				assert.ErrorIs(t, err, ticketing.ErrUnavailable)
			}
		})
	}
	<-entered
	require.NoError(t, s.Close())
	group.Wait()
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Update(t.Context(), func(context.Context, ticketing.Tx) error { return nil }), ticketing.ErrUnavailable)

	again := open(t, dsn)
	require.NoError(t, again.View(t.Context(), func(ctx context.Context, r ticketing.Reader) error {
		events, err := r.Events(ctx, 0, 100)
		kept := map[string]bool{}
		for _, e := range events {
			kept[e.ID] = true
		}
		accepted.Range(func(id, _ any) bool { return assert.True(t, kept[id.(string)], "an accepted update was lost") }) //nolint:forcetypeassert // stored above
		return err
	}))
}

// TestAuditIsAppendOnly goes past the store, as a careless operator would.
func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := dsn(t)
			s := open(t, target)
			require.NoError(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				return errors.Join(tx.PutPool(ctx, ticketing.Pool{ID: "p", LimitPerOrder: 1, Hold: 1e9}),
					tx.RecordChange(ctx, ticketing.Change{Pool: "p", Who: "w", What: "pool", Before: []byte("null"), After: []byte("1")}))
			}))
			require.NoError(t, s.UpdateNotices(t.Context(), func(ctx context.Context, tx notice.Tx) error {
				return errors.Join(tx.InsertAnnouncement(ctx, notice.Announcement{ID: "a"}, notice.Revision{Version: 1}),
					tx.InsertVenue(ctx, notice.Venue{Version: 1}, notice.Revision{Version: 1}))
			}))
			refused(t, target, `UPDATE pool_changes SET who = 'x'`, `DELETE FROM pool_changes`,
				`UPDATE announcement_revisions SET who = 'x'`, `DELETE FROM announcement_revisions`,
				`UPDATE venue_revisions SET who = 'x'`, `DELETE FROM venue_revisions`)
		})
	}
}
