package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/withdrawals"
	"fairgate/rules"
)

// misfire lets the rule rotation, owned by ana, block four people.
func (h *house) misfire(t *testing.T) {
	t.Helper()
	program, err := rules.Load("museum.yaml", []byte(`
name: museum
rules:
  - {id: rotation, when: "hour > 25", on: account, action: block, ttl: 1h, owner: ana, reason: pace, messages: {zh: 太快, en: too fast}}
`), rules.Options{})
	require.NoError(t, err)
	require.NoError(t, h.budget.Use(program))
	require.NoError(t, h.budget.Tend(t.Context()))
	for i := range 4 {
		account := fmt.Sprint("visitor", i)
		require.NoError(t, h.budget.Note(t.Context(), []budget.Testimony{{Site: "museum", Account: account, Kind: budget.CheckedIn, At: time.Now()}}))
		require.NoError(t, h.budget.Spend(t.Context(), []enforcement.Sighting{{
			Site: "museum", Account: account, EventID: "e" + account, Time: time.Now(), Flagged: true, Blocks: []string{"rotation"},
		}}))
		h.block(t, account)
	}
}

func TestBlockBudgetIsShownAndLiftedByAnotherPerson(t *testing.T) {
	h := build(t)
	require.NoError(t, h.users.PutKey(t.Context(), "audrey", keyOf("audrey"), console.Auditor))
	h.misfire(t)
	var out struct {
		Budgets []struct {
			Rule, Owner   string
			State         budget.State
			Used, Allowed int
			Down          *budget.Down
			Standing      []lists.Entry
			Debit         map[string]httpapi.Debit
		}
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/block-budgets", "", &out))
	require.Len(t, out.Budgets, 1)
	b := out.Budgets[0]
	assert.Equal(t, []any{"rotation", "ana", budget.StateDown, 4, 3}, []any{b.Rule, b.Owner, b.State, b.Used, b.Allowed})
	require.NotNil(t, b.Down)
	assert.Equal(t, 4, b.Down.Used)
	assert.Len(t, b.Standing, 4, "its entries stand, and are listed")

	made := httpapi.Debit{Debit: lists.Debit{Made: 4}}
	assert.Equal(t, map[string]httpapi.Debit{"days_7": made, "days_30": made}, b.Debit)
	_, err := h.lists.LiftEach(t.Context(), b.Standing[:1], "li", "undo 1: it misfires")
	require.NoError(t, err)
	_, err = h.lists.Lift(t.Context(), b.Standing[1].ID, "li", "a teacher")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/block-budgets", "", &out))
	assert.Equal(t, httpapi.Debit{Debit: lists.Debit{Made: 4, Undone: 1, Cleared: 1}}, out.Budgets[0].Debit["days_7"])
	none, err := h.lists.DebitOf(t.Context(), "museum", "rotation", time.Now())
	require.NoError(t, err)
	assert.Zero(t, none, "before that time")
	_, err = h.lists.DebitOf(t.Context(), "museum", "", time.Now())
	require.ErrorIs(t, err, lists.ErrBadInput)

	lift := "/api/v1/block-budgets/rotation/lift"
	reason := `{"reason":"it was a school class"}`
	for _, tt := range []struct {
		name, token, path, body string
		want                    int
	}{
		{"its owner", keyOf("ana"), lift, reason, http.StatusForbidden},
		{"an auditor", keyOf("audrey"), lift, reason, http.StatusForbidden},
		{"without a reason", h.admin, lift, `{}`, http.StatusUnprocessableEntity},
		{"a rule that is not turned down", h.admin, "/api/v1/block-budgets/other/lift", reason, http.StatusNotFound},
	} {
		assert.Equal(t, tt.want, h.call(t, tt.token, http.MethodPost, tt.path, tt.body, nil), tt.name)
	}
	assert.Empty(t, h.audit(t), "nothing was changed")
	var down budget.Down
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, lift, reason, &down))
	assert.Equal(t, "root", down.LiftedBy)
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"budget.lift", "rotation", "root", "it was a school class"}, []string{entry.Action, entry.Object, entry.Actor, entry.Reason})
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/block-budgets", "", &out))
	assert.Equal(t, budget.StateOpen, out.Budgets[0].State)
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodPost, lift, reason, nil), "lifted already")
}

// takers is a booking system in which each account holds one order, and all
// take back what was taken but that of visitor1, whose place is gone.
type takers struct{}

func (takers) Held(_ context.Context, account string) ([]enforcement.HeldOrder, error) {
	return []enforcement.HeldOrder{{ID: "o-" + account, State: "held"}}, nil
}

func (takers) Withdraw(context.Context, string, string, string) error { return nil }

func (takers) Reinstate(_ context.Context, order string) error {
	if order == "o-visitor1" {
		return enforcement.ErrNoPlace
	}
	return nil
}

func TestOrdersGivenBackCountAgainstTheirRule(t *testing.T) {
	h := build(t)
	h.misfire(t)
	now := time.Now()
	for account, at := range map[string]time.Time{
		"visitor0": now.Add(-time.Hour), "visitor1": now.Add(-time.Hour), "visitor2": now.AddDate(0, 0, -20), "visitor3": now.Add(-time.Hour),
	} {
		require.NoError(t, h.taken.Request(t.Context(), []enforcement.Sweep{{
			Site: "museum", Account: account, Target: enforcement.Target{Entity: rules.EntityAccount, Key: account},
			Rule: "rotation", EventID: "e-" + account, Receipt: "FG-1", At: at,
		}}))
	}
	_, err := h.taken.Work(t.Context())
	require.NoError(t, err)
	debit := func() map[string]httpapi.Debit {
		var out struct {
			Budgets []struct{ Debit map[string]httpapi.Debit }
		}
		require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/block-budgets", "", &out))
		require.Len(t, out.Budgets, 1)
		return out.Budgets[0].Debit
	}
	made := httpapi.Debit{Debit: lists.Debit{Made: 4}}
	assert.Equal(t, map[string]httpapi.Debit{"days_7": made, "days_30": made}, debit(), "an order that stays withdrawn counts against nobody")

	for _, account := range []string{"visitor0", "visitor1", "visitor2"} {
		n, err := h.taken.Undo(t.Context(), "museum", account, now, "li", "a school class")
		require.NoError(t, err)
		require.Equal(t, 1, n, account)
	}
	assert.Equal(t, 2, debit()["days_7"].Reinstated, "they are about to be given back")
	_, err = h.taken.Work(t.Context())
	require.NoError(t, err)
	week, month := made, made
	week.Reinstated, week.Lost = 1, 1
	month.Reinstated, month.Lost = 2, 1
	assert.Equal(t, map[string]httpapi.Debit{"days_7": week, "days_30": month}, debit())
	counts, err := h.taken.Count(t.Context(), enforcement.Cause{Site: "museum", Rule: "other", From: now.AddDate(0, 0, -30), To: now})
	require.NoError(t, err)
	assert.Equal(t, map[withdrawals.State]int{}, counts, "another rule has no part in it")
}
