package mode_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/follow"
	"fairgate/enforcement/mode"
	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

func TestSwitchReachesEveryProcess(t *testing.T) {
	path := "sqlite:" + filepath.Join(t.TempDir(), "mode.db")
	open := func() *mode.Store {
		db, err := sqldb.Open(t.Context(), path, sqldb.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		s, err := mode.Open(t.Context(), db, "museum", time.Now)
		require.NoError(t, err)
		return s
	}
	console, gateway := open(), open()
	on, err := gateway.Observing(t.Context())
	require.NoError(t, err)
	assert.False(t, on, "never turned")

	var kill enforcement.Switch
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- gateway.Follow(ctx, &kill, slog.New(slog.DiscardHandler)) }()
	require.NoError(t, console.SetObserving(t.Context(), true, "admin", "a rule misfires"))
	assert.Eventually(t, kill.On, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, console.SetObserving(t.Context(), false, "admin", "mended"))
	assert.Eventually(t, func() bool { return !kill.On() }, 5*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)

	require.NoError(t, console.SetObserving(t.Context(), true, "admin", "a rule misfires"))
	var started enforcement.Switch
	turned, err := gateway.Look(t.Context(), &started)
	require.NoError(t, err)
	assert.True(t, turned && started.On(), "a process that starts now observes from its first request")
	turned, err = gateway.Look(t.Context(), &started)
	require.NoError(t, err)
	assert.True(t, !turned && started.On())
}

func TestPositionOutlivesTheProcessAndTheDatabase(t *testing.T) {
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "mode.db"), sqldb.Options{})
	require.NoError(t, err)
	s, err := mode.Open(t.Context(), db, "museum", time.Now)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "spool", "mode")
	s.Remember(file)
	require.NoError(t, s.SetObserving(t.Context(), true, "admin", "a rule misfires"))
	var first enforcement.Switch
	_, err = s.Look(t.Context(), &first)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	again := mode.New(db, "museum", time.Now)
	again.Remember(file)
	var started enforcement.Switch
	turned, err := again.Look(t.Context(), &started)
	require.Error(t, err, "the database is away")
	assert.True(t, turned)
	assert.True(t, started.On(), "a gateway started meanwhile begins where the site was")

	var other enforcement.Switch
	_, err = mode.New(db, "museum", time.Now).Look(t.Context(), &other)
	require.Error(t, err)
	assert.False(t, other.On(), "without a file nothing is known")
}

func TestSwitchAwayIsAFewLines(t *testing.T) {
	b, db := outagetest.New(), sqldbtest.SQLite(t)
	s, err := mode.Open(t.Context(), db, "museum", b.Now)
	require.NoError(t, err)
	rename := func(from, to string) {
		_, err := db.Write.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
		require.NoError(t, err)
	}
	rename("site_mode", "elsewhere")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Follow(ctx, &enforcement.Switch{}, b.Logger()) }()
	t.Cleanup(func() { cancel(); assert.NoError(t, <-done) })
	outagetest.Expect(t, b, "the kill switch cannot be read; its last position stands", "the kill switch can be read again",
		func() { rename("elsewhere", "site_mode") })
	assert.Equal(t, false, b.Last("the kill switch can be read again")["observing"])
}

func TestPositionThatCannotBeNotedIsInForceAndSaidSo(t *testing.T) {
	b, db := outagetest.New(), sqldbtest.SQLite(t)
	s, err := mode.Open(t.Context(), db, "museum", b.Now)
	require.NoError(t, err)
	require.NoError(t, s.SetObserving(t.Context(), true, "admin", "a rule misfires"))
	folder := filepath.Join(t.TempDir(), "spool")
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	s.Remember(filepath.Join(folder, "mode"))
	var kill enforcement.Switch
	turned, err := s.Look(t.Context(), &kill)
	require.ErrorIs(t, err, follow.ErrNotNoted)
	assert.True(t, turned && kill.On(), "the switch is turned all the same")

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Follow(ctx, &kill, b.Logger()) }()
	t.Cleanup(func() { cancel(); assert.NoError(t, <-done) })
	outagetest.Expect(t, b, "the position of the kill switch cannot be noted; a start without SQL would not know it",
		"the position of the kill switch is noted again", func() { require.NoError(t, os.Remove(folder)) })
	assert.Zero(t, b.Count("the kill switch cannot be read; its last position stands"), "SQL was never away")
}

func TestARouteObservesByItself(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
		s, err := mode.Open(t.Context(), db, "museum", func() time.Time { return now })
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "mode")
		s.Remember(file)
		var kill enforcement.Switch
		look := func() bool {
			turned, err := s.Look(t.Context(), &kill)
			require.NoError(t, err)
			return turned
		}
		assert.False(t, look())
		require.NoError(t, s.SetRoute(t.Context(), "order-submit", true, "sec", "a campaign by the house"))
		require.NoError(t, s.SetRoute(t.Context(), "stock-read", true, "sec", "a campaign by the house"))
		assert.True(t, look())
		assert.False(t, look(), "nothing new")
		assert.True(t, kill.Observes("order-submit") && kill.Observes("stock-read") && !kill.Observes("order-pay") && !kill.On())
		require.NoError(t, s.SetRoute(t.Context(), "stock-read", false, "root", "over"))
		assert.True(t, look())
		assert.False(t, kill.Observes("stock-read"))
		routes, err := s.Routes(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []mode.Route{
			{Route: "order-submit", Observe: true, Actor: "sec", Reason: "a campaign by the house", Changed: now},
			{Route: "stock-read", Actor: "root", Reason: "over", Changed: now},
		}, routes)
		other, err := mode.New(db, "zoo", time.Now).Routes(t.Context())
		require.NoError(t, err)
		assert.Empty(t, other)

		_, err = db.Write.ExecContext(t.Context(), `ALTER TABLE site_mode RENAME TO elsewhere`)
		require.NoError(t, err)
		again := mode.New(db, "museum", time.Now)
		again.Remember(file)
		var started enforcement.Switch
		turned, err := again.Look(t.Context(), &started)
		require.Error(t, err)
		assert.True(t, turned && started.Observes("order-submit") && !started.On(), "a start without the database knows it from the file")
	})
}

func TestAMissingTableOfRoutesLeavesTheSiteItsSwitch(t *testing.T) {
	db := sqldbtest.SQLite(t)
	s, err := mode.Open(t.Context(), db, "museum", time.Now)
	require.NoError(t, err)
	require.NoError(t, s.SetObserving(t.Context(), true, "admin", "a rule misfires"))
	_, err = db.Write.ExecContext(t.Context(), `DROP TABLE route_mode`)
	require.NoError(t, err)
	var kill enforcement.Switch
	turned, err := s.Look(t.Context(), &kill)
	require.Error(t, err, "a database of the version before")
	assert.True(t, turned && kill.On())
}

func TestBadRoutesAreRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, err := mode.Open(t.Context(), db, "museum", time.Now)
		require.NoError(t, err)
		for _, bad := range []string{"", "zero\x00", "line\n", strings.Repeat("x", 65), "\xff"} {
			require.ErrorIs(t, s.SetRoute(t.Context(), bad, true, "sec", "why"), mode.ErrBadRoute, "%q", bad)
		}
		for i := range mode.MaxRoutes {
			require.NoError(t, s.SetRoute(t.Context(), fmt.Sprint("r", i), true, "sec", "why"))
		}
		require.ErrorIs(t, s.SetRoute(t.Context(), "one-more", true, "sec", "why"), mode.ErrBadRoute)
		require.NoError(t, s.SetRoute(t.Context(), "r7", false, "sec", "those that are there can be turned"))
		routes, err := s.Routes(t.Context())
		require.NoError(t, err)
		assert.Len(t, routes, mode.MaxRoutes)
	})
}
