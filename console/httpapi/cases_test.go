package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
	"fairgate/rules"
)

// draw has everybody of the accounts drawn for the audit sample.
func (h *house) draw(t *testing.T, accounts ...string) {
	t.Helper()
	rates := map[cases.Stratum]float64{}
	for s := range cases.DefaultRates() {
		rates[s] = 1
	}
	sampler, err := cases.NewSampler(h.cases, []byte(strings.Repeat("s", 32)), cases.SampleOptions{Rates: rates, Twice: 1})
	require.NoError(t, err)
	for _, a := range accounts {
		require.NoError(t, sampler.Consider(t.Context(), []enforcement.Considered{{
			Site: "museum", Account: a, EventID: "e-" + a, Time: time.Now(), Action: ingest.Block, Score: 93,
		}}))
	}
}

// flag opens a case of an account by a rule.
func (h *house) flag(t *testing.T, account string, i int) {
	t.Helper()
	require.NoError(t, h.cases.Record(t.Context(), []enforcement.Finding{{
		Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: account}, EventID: fmt.Sprintf("f%d", i),
		Stage: rules.StageAsync, Time: time.Now(), Kind: ingest.KindOrderSubmit, Ruleset: "v1", Score: 93,
		Hits: []ingest.Hit{{Rule: "secret_rule", Action: ingest.Block, Entity: "account", Key: account}},
	}}))
}

// raw is the body of an answer as it came.
func (h *house) raw(t *testing.T, token, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := h.app.Test(req, 10_000)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, "%s", body)
	return string(body)
}

type queue struct {
	Cases []struct {
		ID      string
		Subject enforcement.Target
	}
}

// keysOf lists every key of a JSON text.
func keysOf(t *testing.T, text string) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				keys[k] = true
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	var root any
	require.NoError(t, json.Unmarshal([]byte(text), &root))
	walk(root)
	return keys
}

func TestTheQueueIsBlindUntilAnOpinion(t *testing.T) {
	h := build(t)
	h.draw(t, "a1", "a2")
	h.flag(t, "a2", 1)
	h.flag(t, "a3", 2)
	h.block(t, "a2")
	list := h.raw(t, h.admin, "/api/v1/cases")
	var q queue
	require.NoError(t, json.Unmarshal([]byte(list), &q))
	require.Len(t, q.Cases, 3)
	answers := []string{list, h.raw(t, h.admin, "/api/v1/accounts?standing=flagged"), h.raw(t, h.admin, "/api/v1/accounts?standing=blocked")}
	for _, a := range []string{"a1", "a2", "a3"} { // drawn, both, flagged
		page := h.raw(t, h.admin, "/api/v1/accounts/"+a)
		answers = append(answers, page)
		assert.Equal(t, h.raw(t, h.admin, "/api/v1/accounts/a1"), strings.ReplaceAll(page, `"`+a+`"`, `"a1"`), "the pages look the same")
	}
	for _, c := range q.Cases {
		answers = append(answers, h.raw(t, h.admin, "/api/v1/cases/"+c.ID))
	}
	allowed := map[string]bool{
		"cases": true, "id": true, "subject": true, "entity": true, "key": true, "opened_at": true, "due_at": true, "judged": true,
		"$schema": true, "site": true, "target": true, "blind": true, "accounts": true, // of accounts
	}
	for _, answer := range answers {
		for key := range keysOf(t, answer) {
			assert.True(t, allowed[key], "%s in %s", key, answer)
		}
		for _, word := range []string{"secret_rule", "rotation", "93", "block", "scalper"} {
			assert.NotContains(t, answer, `"`+word, "%s", answer)
		}
	}

	for _, c := range q.Cases {
		var v cases.View
		path := "/api/v1/cases/" + c.ID + "/opinion"
		require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, path, `{"value":"human","note":"a family"}`, &v))
		assert.Len(t, v.Opinions, 1)
		assert.Equal(t, c.Subject.Key != "a1", v.Case != nil)
		assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, path, `{"value":"scalper"}`, nil))
	}
	for _, a := range []string{"a2", "a3"} {
		assert.Contains(t, h.raw(t, h.admin, "/api/v1/accounts/"+a), "secret_rule")
		assert.NotContains(t, h.raw(t, keyOf("ana"), "/api/v1/accounts/"+a), "secret_rule", "another reader is still blind")
	}
	assert.Contains(t, h.raw(t, h.admin, "/api/v1/accounts?standing=flagged"), "secret_rule")
	assert.NotContains(t, h.raw(t, keyOf("ana"), "/api/v1/accounts?standing=flagged"), "secret_rule")
	assert.Contains(t, h.raw(t, h.admin, "/api/v1/accounts?standing=blocked"), "rotation")
	assert.NotContains(t, h.raw(t, keyOf("ana"), "/api/v1/accounts?standing=blocked"), "rotation")
	assert.NotContains(t, h.raw(t, keyOf("ana"), "/api/v1/cases/"+q.Cases[1].ID), "secret_rule", "another reader is still blind")
	assert.Contains(t, h.raw(t, keyOf("audrey"), "/api/v1/audit-sample"), `"kappa"`)
	assert.Equal(t, "case.opinion", h.audit(t)[0].Action)
}

func TestTwoDecidersAndABulkDecision(t *testing.T) {
	h := build(t)
	var ids []string
	for i := range 3 {
		h.flag(t, fmt.Sprintf("a%d", i), i)
	}
	var q queue
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/cases", "", &q))
	for _, c := range q.Cases {
		ids = append(ids, c.ID)
	}
	require.NoError(t, h.users.PutKey(t.Context(), "other", keyOf("other"), "administrator"))
	decide := "/api/v1/cases/" + ids[0] + "/decision"
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, decide, `{"decision":"confirm","version":0,"reason":"a farm"}`, nil))
	var problem struct{ Detail string }
	require.Equal(t, http.StatusConflict, h.call(t, keyOf("other"), http.MethodPost, decide, `{"decision":"clear","version":0,"reason":"a family"}`, &problem))
	assert.Contains(t, problem.Detail, `root decided "confirmed"`)
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("ana"), http.MethodPost, decide, `{"decision":"clear","version":1,"reason":"a family"}`, nil))

	body, err := json.Marshal(map[string]any{"cases": ids[1:], "decision": "clear", "except_days": 7})
	require.NoError(t, err)
	var p cases.Preview
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/preview", string(body), &p))
	require.Equal(t, 2, p.Count)
	bulk := func(count int) string {
		return fmt.Sprintf(`{"token":%q,"count":%d,"reason":"two families"}`, p.Token, count)
	}
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/bulk", bulk(3), nil))
	var result cases.BulkResult
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/bulk", bulk(2), &result))
	assert.Len(t, result.Done, 2)
	assert.Equal(t, "case.bulk", h.audit(t)[0].Action)
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/bulk", bulk(2), nil), "it works once")
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodGet, "/api/v1/cases/nobody", "", nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/preview", `{"cases":[],"decision":"clear"}`, nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodGet, "/api/v1/cases?cursor=made-up", "", nil))
}
