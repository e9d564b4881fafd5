package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/rules"
	"fairgate/rules/life"
)

const fastRule = "polling_fast_account"

// written reads the small ruleset's rule as a body.
func (h *house) written(t *testing.T) m {
	t.Helper()
	var text httpapi.RuleText
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodGet, "/museum/rules/"+fastRule+"/text", nil, &text))
	assert.Equal(t, "account_reads_1m > 75", text.When)
	assert.Len(t, text.Hash, 64)
	return m{"rule": fastRule, "when": text.When, "declaration": text.Declaration}
}

func TestRuleIsCheckedAsItIsWritten(t *testing.T) {
	h := build(t)
	body := h.written(t)
	check := func(when string) httpapi.RuleCheck {
		var out httpapi.RuleCheck
		body["when"] = when
		require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, "/museum/check", body, &out))
		return out
	}
	fine := check("account_reads_1m > 74")
	assert.Empty(t, fine.Faults)
	assert.Equal(t, fastRule, fine.Rule)
	assert.Equal(t, []string{"account_reads_1m"}, fine.Reads)
	require.Len(t, fine.Changes, 1)
	assert.False(t, fine.Instant)
	assert.NotEmpty(t, fine.Program)
	assert.NotEqual(t, fine.Program, check("account_reads_1m > 76").Program)

	wrong := check("acount_reads_1m > 75 and acount == \"a\"")
	require.Len(t, wrong.Faults, 2, "all unknown names at once")
	assert.Equal(t, "when", wrong.Faults[0].Part)
	assert.Equal(t, rules.Fault{
		From: 0, To: 15, Suggestion: "account_reads_1m",
		Detail: `"acount_reads_1m" is neither a declared feature nor an event field, did you mean "account_reads_1m"?`,
	}, wrong.Faults[0].Fault)
	assert.Equal(t, "account", wrong.Faults[1].Suggestion)
	never := check("account_reads_1m > 75 and account_reads_1m < 3")
	require.NotEmpty(t, never.Warnings)
	assert.Equal(t, rules.FindingNeverTrue, never.Warnings[0].Kind)

	body["declaration"] = strings.Replace(body["declaration"].(string), "action: challenge", "action: chalenge", 1)
	declared := check("account_reads_1m > 75")
	require.Len(t, declared.Faults, 1)
	assert.Equal(t, "declaration", declared.Faults[0].Part)
	assert.Equal(t, 4, declared.Faults[0].Line)
	assert.Contains(t, declared.Faults[0].Detail, "challenge")

	body["when"] = strings.Repeat("a", 65537)
	assert.Equal(t, http.StatusUnprocessableEntity, h.as(t, "ana", http.MethodPost, "/museum/check", body, nil), "too long")
	assert.Equal(t, http.StatusNotFound, h.as(t, "ana", http.MethodPost, "/museum/check", m{"rule": "none", "when": "a", "declaration": "id: none"}, nil))
}

func TestRuleIsTriedOnAnEvent(t *testing.T) {
	h := build(t)
	body := h.written(t)
	body["when"] = "account_reads_1m > 80 and not automation"
	var trial rules.Trial
	body["example"] = m{"kind": "stock.read", "event": m{"account": "a"}, "features": m{"account_reads_1m": 81}}
	require.Equal(t, http.StatusOK, h.as(t, "audrey", http.MethodPost, "/museum/trial", body, &trial))
	assert.True(t, trial.Fires)
	assert.Len(t, trial.Parts, 5)
	body["example"] = m{"kind": "stock.read", "features": m{"acount_reads_1m": 81}}
	var wrong problem
	assert.Equal(t, http.StatusUnprocessableEntity, h.as(t, "ana", http.MethodPost, "/museum/trial", body, &wrong))
	assert.Contains(t, wrong.Errors[0].Message, "account_reads_1m")
	delete(body, "example")
	assert.Equal(t, http.StatusUnprocessableEntity, h.as(t, "ana", http.MethodPost, "/museum/trial", body, nil), "neither")
	body["event_id"] = "e1"
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, "/museum/trial", body, &trial))
	assert.True(t, trial.Fires, "with the values that its decision saw")
	body["event_id"] = "e2"
	assert.Equal(t, http.StatusNotFound, h.as(t, "ana", http.MethodPost, "/museum/trial", body, nil))
}

func TestRuleIsSavedInADraft(t *testing.T) {
	h := build(t)
	body := h.written(t)
	body["when"], body["reason"] = "account_reads_1m > 70", "bots slow down"
	assert.Equal(t, http.StatusForbidden, h.as(t, "audrey", http.MethodPost, "/museum/drafts", body, nil))
	var v httpapi.VersionView
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, "/museum/drafts", body, &v))
	assert.Equal(t, life.Draft, v.State)
	require.Len(t, v.Review.Changes, 1)
	body["when"], body["version"], body["hash"] = "account_reads_1m > ", v.Number, v.Hash
	hash := v.Hash
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, "/museum/drafts", body, &v))
	assert.NotEmpty(t, v.Review.Problems, "what does not compile is kept")
	body["hash"] = hash
	assert.Equal(t, http.StatusConflict, h.as(t, "ana", http.MethodPost, "/museum/drafts", body, nil), "written meanwhile")
	assert.Equal(t, []string{"rule.write"}, actionsOf(t, h), "saves of one editing are one entry")
	body["hash"] = v.Hash
	require.NoError(t, h.users.PutKey(t.Context(), "bea", keyOf("bea"), console.Analyst))
	require.Equal(t, http.StatusOK, h.as(t, "bea", http.MethodPost, "/museum/drafts", body, &v))
	assert.Equal(t, []string{"rule.write", "rule.write"}, actionsOf(t, h), "somebody else's is another")
	h.forward(16 * time.Minute)
	body["hash"], body["when"] = v.Hash, "account_reads_1m > 71"
	require.Equal(t, http.StatusOK, h.as(t, "bea", http.MethodPost, "/museum/drafts", body, &v))
	assert.Len(t, actionsOf(t, h), 3, "and what is written later")

	fresh := m{"when": "automation", "declaration": "id: fresh\non: account\naction: flag\nscore: 1\nmode: draft", "reason": "a new one"}
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, "/museum/drafts", fresh, &v))
	require.Len(t, v.Review.Changes, 1)
	assert.Equal(t, life.Added, v.Review.Changes[0].Op)
	var words httpapi.Vocabulary
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/vocabulary", "", &words))
	assert.NotEmpty(t, words.Fields)
	assert.NotEmpty(t, words.Kinds)
}
