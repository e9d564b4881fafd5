package budget_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

func TestAGatewayFollowsWithinASecond(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, budget.Options{})
		b := outagetest.New()
		var gateway enforcement.Curb
		f := budget.NewFollower(h.db, "museum", filepath.Join(t.TempDir(), "turned-down"), b.Now)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Follow(ctx, &gateway, b.Logger()) }()
		for _, p := range h.people("p", 4) {
			h.spend(blocked(p))
		}
		assert.Eventually(t, func() bool { return gateway.On("bad") }, 5*time.Second, 10*time.Millisecond)
		h.now = h.now.Add(time.Second)
		_, err := h.s.Lift(t.Context(), "bad", "root", "they were a school class")
		require.NoError(t, err)
		assert.Eventually(t, func() bool { return !gateway.On("bad") }, 5*time.Second, 10*time.Millisecond)
		assert.Eventually(t, func() bool { return b.Count("the rules that are turned down changed") == 2 }, 5*time.Second, 10*time.Millisecond)
		cancel()
		require.NoError(t, <-done)
	})
}

// follow is a gateway that follows a site whose rule is turned down.
func follow(t *testing.T, h *house, file string) (*outagetest.Book, *enforcement.Curb) {
	t.Helper()
	for _, p := range h.people("p", 4) {
		h.spend(blocked(p))
	}
	b, gateway := outagetest.New(), &enforcement.Curb{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	f := budget.NewFollower(h.db, "museum", file, b.Now)
	go func() { done <- f.Follow(ctx, gateway, b.Logger()) }()
	t.Cleanup(func() { cancel(); assert.NoError(t, <-done) })
	return b, gateway
}

func TestAFollowerWithoutDiskIsAFewLines(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		folder := filepath.Join(t.TempDir(), "spool")
		require.NoError(t, os.WriteFile(folder, nil, 0o600))
		b, gateway := follow(t, build(t, db, budget.Options{}), filepath.Join(folder, "turned-down"))
		outagetest.Expect(t, b, "the rules that are turned down cannot be noted; a start without SQL would not know them",
			"the rules that are turned down are noted again", func() { require.NoError(t, os.Remove(folder)) })
		assert.True(t, gateway.On("bad"), "what cannot be noted is in force all the same")
		assert.Zero(t, b.Count("the rules that are turned down cannot be read; the last known stand"))
	})
}

func TestAFollowerWithoutSQLIsAFewLines(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, budget.Options{})
		rename := func(from, to string) {
			_, err := h.db.Write.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
			require.NoError(t, err)
		}
		b, gateway := follow(t, h, "")
		assert.Eventually(t, func() bool { return gateway.On("bad") }, 5*time.Second, 10*time.Millisecond)
		rename("budget_down", "elsewhere")
		outagetest.Expect(t, b, "the rules that are turned down cannot be read; the last known stand",
			"the rules that are turned down can be read again", func() {
				assert.True(t, gateway.On("bad"), "the last known stand")
				rename("elsewhere", "budget_down")
			})
	})
}
