package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/lists"
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
			Debit         map[string]lists.Debit
		}
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/block-budgets", "", &out))
	require.Len(t, out.Budgets, 1)
	b := out.Budgets[0]
	assert.Equal(t, []any{"rotation", "ana", budget.StateDown, 4, 3}, []any{b.Rule, b.Owner, b.State, b.Used, b.Allowed})
	require.NotNil(t, b.Down)
	assert.Equal(t, 4, b.Down.Used)
	assert.Len(t, b.Standing, 4, "its entries stand, and are listed")

	assert.Equal(t, map[string]lists.Debit{"days_7": {Made: 4}, "days_30": {Made: 4}}, b.Debit)
	_, err := h.lists.LiftEach(t.Context(), b.Standing[:1], "li", "undo 1: it misfires")
	require.NoError(t, err)
	_, err = h.lists.Lift(t.Context(), b.Standing[1].ID, "li", "a teacher")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/block-budgets", "", &out))
	assert.Equal(t, lists.Debit{Made: 4, Undone: 1, Cleared: 1}, out.Budgets[0].Debit["days_7"])
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
