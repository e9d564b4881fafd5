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
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
	"fairgate/rules"
)

// appeal has the holder of an account appeal from a network, and tells the
// appeal's path.
func (h *house) appeal(t *testing.T, account, subnet string) string {
	t.Helper()
	receipt := h.receipts.Seal("e-"+account, time.Now(), ingest.Subject{Account: account})
	_, err := h.desk.File(t.Context(), appeals.Filing{
		Receipt: receipt, Owners: []enforcement.Target{{Entity: rules.EntityAccount, Key: account}},
		Text: "we are a family", Language: "en", Subnet: subnet,
	})
	require.NoError(t, err)
	var list struct{ Appeals []appeals.Appeal }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/appeals?receipt="+receipt, "", &list))
	require.Len(t, list.Appeals, 1)
	return "/api/v1/appeals/" + list.Appeals[0].ID
}

// second is another administrator.
func (h *house) second(t *testing.T) string {
	t.Helper()
	require.NoError(t, h.users.PutKey(t.Context(), "second", keyOf("second"), console.Administrator))
	return keyOf("second")
}

type appealView struct {
	Appeal   appeals.Appeal
	Standing cases.Standing
}

func TestAnAppealIsGrantedOnce(t *testing.T) {
	h := build(t)
	h.block(t, "a1")
	path, second := h.appeal(t, "a1", "n"), h.second(t)
	var v appealView
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, path, "", &v))
	assert.Equal(t, "we are a family", v.Appeal.Text)
	require.NotNil(t, v.Standing.Case, "appeals are not blind")
	require.Len(t, v.Standing.Blocks, 1)

	grant, decline := `{"decision":"grant","reason":"a family of seven"}`, `{"decision":"decline","reason":"a farm"}`
	v = appealView{}
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, path+"/decision", grant, &v))
	assert.Equal(t, appeals.Granted, v.Appeal.State)
	assert.Equal(t, "root", v.Appeal.DecidedBy)
	assert.Empty(t, v.Standing.Blocks, "the block is lifted")
	entry := h.audit(t)[0]
	assert.Equal(t, "appeal.grant", entry.Action)
	assert.Equal(t, "a family of seven", entry.Reason)
	assert.Contains(t, entry.Before, `"received"`)
	assert.Contains(t, entry.After, `"granted"`)

	var problem struct{ Detail string }
	require.Equal(t, http.StatusConflict, h.call(t, second, http.MethodPost, path+"/decision", decline, &problem))
	assert.Contains(t, problem.Detail, "granted, by root")
	assert.Equal(t, http.StatusConflict, h.call(t, second, http.MethodPost, path+"/decision", grant, nil), "not even the same again")
	assert.Len(t, h.audit(t), 1, "what was refused is not done")
	labels, err := h.cases.Labels(t.Context(), "museum", "a1")
	require.NoError(t, err)
	require.Len(t, labels, 1)
	assert.Equal(t, enforcement.LabelHuman, labels[0].Value)
	assert.Equal(t, enforcement.SourceAppeal, labels[0].Source)
}

func TestAnAppealIsDeclined(t *testing.T) {
	h := build(t)
	h.block(t, "a1")
	path := h.appeal(t, "a1", "n")
	var v appealView
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, path+"/decision", `{"decision":"decline","reason":"too little is known","finding":"unknown"}`, &v))
	assert.Equal(t, appeals.Declined, v.Appeal.State)
	assert.Len(t, v.Standing.Blocks, 1, "the block stands")
	assert.Equal(t, "appeal.decline", h.audit(t)[0].Action)
	labels, err := h.cases.Labels(t.Context(), "museum", "a1")
	require.NoError(t, err)
	require.Len(t, labels, 1)
	assert.Equal(t, enforcement.LabelUnknown, labels[0].Value)
	var list struct{ Appeals []appeals.Appeal }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/appeals", "", &list))
	assert.Empty(t, list.Appeals)
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/appeals?state=declined", "", &list))
	assert.Len(t, list.Appeals, 1)
}

func TestWhoDecidedTheCaseDoesNotDecideItsAppeal(t *testing.T) {
	h := build(t)
	h.block(t, "a1")
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/accounts/a1/confirm", `{"reason":"sold on a resale site"}`, nil))
	path, grant := h.appeal(t, "a1", "n"), `{"decision":"grant","reason":"a family of seven"}`
	var problem struct{ Detail string }
	require.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, path+"/decision", grant, &problem))
	assert.Contains(t, problem.Detail, "cannot decide its appeal")
	assert.Equal(t, http.StatusOK, h.call(t, h.second(t), http.MethodPost, path+"/decision", grant, nil))
}

func TestRefusedAppealDecisions(t *testing.T) {
	h := build(t)
	path := h.appeal(t, "a1", "n") + "/decision"
	grant := `{"decision":"grant","reason":"a family"}`
	for name, c := range map[string]struct {
		token, path, body string
		want              int
	}{
		"nobody":                  {"", path, grant, http.StatusUnauthorized},
		"an analyst":              {keyOf("ana"), path, grant, http.StatusForbidden},
		"a security officer":      {keyOf("sec"), path, grant, http.StatusForbidden},
		"the box office":          {keyOf("bo"), path, grant, http.StatusForbidden},
		"an auditor":              {keyOf("audrey"), path, grant, http.StatusForbidden},
		"an analyst, in bulk":     {keyOf("ana"), "/api/v1/appeals/bulk", `{"decision":"grant","reason":"a family","bunch":"subnet:n","through":"x","count":1}`, http.StatusForbidden},
		"no such appeal":          {h.admin, "/api/v1/appeals/nothing/decision", grant, http.StatusNotFound},
		"an unknown decision":     {h.admin, path, `{"decision":"perhaps","reason":"a family"}`, http.StatusUnprocessableEntity},
		"no reason":               {h.admin, path, `{"decision":"grant"}`, http.StatusUnprocessableEntity},
		"a finding when granting": {h.admin, path, `{"decision":"grant","reason":"a family","finding":"scalper"}`, http.StatusUnprocessableEntity},
		"an unknown finding":      {h.admin, path, `{"decision":"decline","reason":"a farm","finding":"human"}`, http.StatusUnprocessableEntity},
	} {
		assert.Equal(t, c.want, h.call(t, c.token, http.MethodPost, c.path, c.body, nil), name)
	}
	for token, want := range map[string]int{keyOf("ana"): http.StatusForbidden, keyOf("bo"): http.StatusForbidden, keyOf("audrey"): http.StatusOK} {
		assert.Equal(t, want, h.call(t, token, http.MethodGet, "/api/v1/appeals", "", nil), token)
	}
	assert.Empty(t, h.audit(t))
	var v appealView
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, path[:len(path)-len("/decision")], "", &v))
	assert.Equal(t, appeals.Received, v.Appeal.State, "nothing was decided")
}

func TestABunchOfAppealsIsDecidedAsItWasSeen(t *testing.T) {
	h := build(t)
	var last string
	for i := range 7 {
		last = h.appeal(t, fmt.Sprintf("farm-%d", i), "203.0.113.0/24")[len("/api/v1/appeals/"):]
	}
	var list struct{ Appeals []appeals.Appeal }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/appeals", "", &list))
	require.Len(t, list.Appeals, 1)
	assert.Equal(t, 7, list.Appeals[0].Bunched)
	bulk := func(count int) string {
		return fmt.Sprintf(`{"decision":"decline","reason":"a farm","bunch":%q,"through":%q,"count":%d}`, list.Appeals[0].Bunch, last, count)
	}
	h.appeal(t, "late", "203.0.113.0/24")
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, "/api/v1/appeals/bulk", bulk(8), nil))
	assert.Empty(t, h.audit(t))
	var out struct{ Decided int }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/appeals/bulk", bulk(7), &out))
	assert.Equal(t, 7, out.Decided)
	assert.Equal(t, "appeal.bulk", h.audit(t)[0].Action)
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/appeals", "", &list))
	require.Len(t, list.Appeals, 1)
	assert.Equal(t, "late", list.Appeals[0].Target.Key, "which came after")
}
