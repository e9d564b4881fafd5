package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/budget"
	"fairgate/ingest/sqldb"
	"fairgate/ticketing"
)

// TestARuleBeyondItsBudgetOnlyChallenges: a rule that blocks whoever looks may
// block accounts of today without end, but turns milder by itself when it
// blocks people who were let in at the gates.
func TestARuleBeyondItsBudgetOnlyChallenges(t *testing.T) {
	blocking := strings.NewReplacer("mode: canary\n    share: 0.3", "mode: shadow", "action: challenge", "action: block\n    ttl: 10m").Replace(tried)
	s, dev, _ := startRules(t, blocking)
	today := string(ticketing.DateOf(time.Now()))
	require.NoError(t, house(t.Context(), http.MethodPut, "http://"+s.ticketing+"/internal/v1/pools/main", s.operationsKey, map[string]any{
		"name": "Bronzes", "limit_per_order": 5, "hold_seconds": 600, "days": []map[string]any{{"date": today, "capacity": 50}},
	}, nil))
	guests, gate := make([]*visitor, 10), s.terminal(t, "North", "north")
	for i := range guests {
		guests[i] = newcomer(t, s.gateway)
		order := guests[i].must(t, http.MethodPost, "/api/v1/orders", booking("main", today))
		require.Equal(t, http.StatusCreated, order.status, "%s", order.body)
		require.True(t, gate.scan(t, uuid.NewString(), guests[i].ticket(t, order.field("order_id"))).Accepted)
	}
	s.awaitEvidence(t, dev.Data, len(guests))
	operators := s.editor(t, dev.Password)
	operators.publish(t, strings.Replace(blocking, "mode: shadow", "mode: live", 1))
	look := func(v *visitor) string {
		return v.must(t, http.MethodGet, "/api/v1/pools/main/stock", "").field("code")
	}
	require.Eventually(t, func() bool { return look(newcomer(t, s.gateway)) == "refused" }, 5*time.Second, 50*time.Millisecond)
	for range 30 {
		require.Equal(t, "refused", look(newcomer(t, s.gateway)), "accounts of today cannot exhaust the budget")
	}
	require.Zero(t, s.sample(t, "fairgate_enforcement_rule_turned_down"))

	for _, v := range guests {
		assert.NotEmpty(t, look(v), "the gate acts on them, too")
	}
	var budgets struct{ Budgets []budget.Budget }
	require.Eventually(t, func() bool {
		require.NoError(t, house(t.Context(), http.MethodGet, "http://"+s.operators+"/api/v1/block-budgets", operators.first, nil, &budgets))
		return len(budgets.Budgets) == 1 && budgets.Budgets[0].State == budget.StateDown
	}, 10*time.Second, 50*time.Millisecond, "%+v", &budgets)
	assert.Greater(t, budgets.Budgets[0].Used, budgets.Budgets[0].Allowed)
	require.Eventually(t, func() bool {
		return s.sample(t, "fairgate_enforcement_rule_turned_down", `rule="looks"`, `owner="risk"`) == 1
	}, 10*time.Second, 100*time.Millisecond, "its owner is paged by name")
	require.Eventually(t, func() bool { return look(newcomer(t, s.gateway)) == "challenge_required" }, 2*time.Second, 20*time.Millisecond)
	t.Logf("%+v", budgets.Budgets[0])
}

// awaitEvidence waits until so many accounts are known to be people.
func (s *service) awaitEvidence(t *testing.T, data string, accounts int) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(data, "sql", "fairgate.db"), sqldb.Options{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	var n int
	require.Eventually(t, func() bool {
		require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT COUNT(DISTINCT account) FROM budget_evidence WHERE kind = 'checked_in'`).Scan(&n))
		return n == accounts
	}, 20*time.Second, 100*time.Millisecond, "%d of %d", n, accounts)
}
