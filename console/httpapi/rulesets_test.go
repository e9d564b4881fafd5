package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/rules"
	"fairgate/rules/life"
)

// smallRuleset stands in for the shipped one, which takes longer to lint.
const smallRuleset = `# How to read it: it is small.
name: museum
features:
  - {name: account_reads_1m, entity: account, events: [stock.read], window: 1m, aggregate: count}
rules:
  - id: polling_fast_account
    events: [stock.read]
    when: account_reads_1m > 75
    on: account
    action: challenge
    score: 40
    reason: pace
    owner: risk
    messages: {zh: 太快, en: fast}
    cases:
      must_fire: [{name: a bot, kind: stock.read, event: {account: a}, features: {account_reads_1m: 99}}]
      must_not_fire: [{name: a person, kind: stock.read, event: {account: a}, features: {account_reads_1m: 9}}]
`

// problem is an error's body.
type problem struct {
	Type   string `json:"type"`
	Detail string `json:"detail"`
	Errors []struct {
		Message  string          `json:"message"`
		Location string          `json:"location"`
		Value    json.RawMessage `json:"value"`
	} `json:"errors"`
}

// as sends a request in somebody's name.
func (h *house) as(t *testing.T, who, method, path string, body, out any) int {
	t.Helper()
	text := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		text = string(encoded)
	}
	return h.call(t, keyOf(who), method, "/api/v1/rulesets"+path, text, out)
}

func (h *house) inForce(t *testing.T) httpapi.RulesetView {
	t.Helper()
	var view httpapi.RulesetView
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodGet, "/museum", nil, &view))
	return view
}

type m = map[string]any

// edited is the text in force with something replaced, as a body.
func (h *house) edited(t *testing.T, old, replacement string) m {
	t.Helper()
	f := h.inForce(t)
	require.True(t, strings.Contains(f.Text, old), old) //nolint:testifylint // the text is long
	return m{"text": strings.Replace(f.Text, old, replacement, 1), "base": f.Hash, "reason": "bots at the opening"}
}

const oldWhen, newWhen = "when: account_reads_1m > 75", "when: account_reads_1m > 74"

func TestRulesetIsDraftedApprovedAndPublished(t *testing.T) {
	h := build(t)
	before := h.inForce(t)
	assert.NotEmpty(t, before.Rules)
	assert.NotEmpty(t, before.Features)
	assert.Zero(t, before.Number)

	var v httpapi.VersionView
	require.Equal(t, http.StatusCreated, h.as(t, "ana", http.MethodPost, "/museum/versions", h.edited(t, oldWhen, newWhen), &v))
	assert.Equal(t, life.Draft, v.State)
	require.Len(t, v.Review.Changes, 1)
	assert.Equal(t, "polling_fast_account", v.Review.Changes[0].Name)
	assert.False(t, v.Review.Instant)
	path := fmt.Sprintf("/museum/versions/%d", v.Number)
	word := m{"hash": v.Hash, "reason": "looks right"}

	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, path+"/proposal", word, nil))
	assert.Equal(t, http.StatusForbidden, h.as(t, "ana", http.MethodPost, path+"/approval", word, nil), "analysts approve nothing")
	assert.Equal(t, http.StatusForbidden, h.as(t, "ana", http.MethodPost, path+"/publication", m{"replaces": before.Hash, "reason": "now"}, nil), "not approved")
	assert.Equal(t, http.StatusConflict, h.as(t, "root", http.MethodPost, path+"/approval", m{"hash": strings.Repeat("0", 64), "reason": "looks right"}, nil), "another text")
	require.Equal(t, http.StatusOK, h.as(t, "root", http.MethodPost, path+"/approval", word, &v))
	assert.Equal(t, life.Approved, v.State)
	var wrong problem
	assert.Equal(t, http.StatusConflict, h.as(t, "ana", http.MethodPost, path+"/publication", m{"replaces": strings.Repeat("0", 64), "reason": "now"}, &wrong))
	assert.Contains(t, wrong.Detail, before.Hash, "the answer names what is in force")
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, path+"/publication", m{"replaces": before.Hash, "reason": "now it is"}, &v))
	assert.Equal(t, life.Published, v.State)

	after := h.inForce(t)
	assert.EqualValues(t, 1, after.Number)
	require.Len(t, after.Rules[0].Steps, 1, "its last step")
	assert.NotEqual(t, before.Program, after.Program)
	var listed struct{ Versions []life.Version }
	require.Equal(t, http.StatusOK, h.as(t, "audrey", http.MethodGet, "/museum/versions", nil, &listed))
	require.Len(t, listed.Versions, 1)
	assert.Empty(t, listed.Versions[0].Text)
	var changes struct {
		Changes []life.Change
		Instant bool
	}
	require.Equal(t, http.StatusOK, h.as(t, "audrey", http.MethodGet, "/museum/versions/1/changes?from=0", nil, &changes))
	assert.Len(t, changes.Changes, 1)
	var rule httpapi.RuleView
	require.Equal(t, http.StatusOK, h.as(t, "audrey", http.MethodGet, "/museum/rules/polling_fast_account", nil, &rule))
	require.Len(t, rule.Steps, 1)
	assert.Equal(t, "root", rule.Steps[0].Second)
	assert.Equal(t, []string{"account_reads_1m"}, rule.Features)

	var actions []string
	for _, e := range h.audit(t) {
		actions = append(actions, e.Actor+" "+e.Action+" "+e.Object)
		assert.NotContains(t, e.After, "features:", "the log has hashes, the versions have the texts")
	}
	assert.Equal(t, []string{"ana ruleset.publish museum/1", "root ruleset.approve museum/1", "ana ruleset.propose museum/1", "ana ruleset.create museum/1"}, actions)
	assert.Equal(t, "now it is", h.audit(t)[0].Reason)
	assert.Contains(t, h.audit(t)[0].After, before.Hash)
}

func TestRuleIsWeakenedAtOnceAndTightenedAlone(t *testing.T) {
	h := build(t)
	rule := "/museum/rules/polling_fast_account"
	var v httpapi.VersionView
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPatch, rule, m{"mode": "shadow", "reason": "it hits a school class"}, &v))
	assert.Equal(t, life.Published, v.State)
	assert.True(t, strings.Contains(v.Text, "# How to read it: it is small."), "comments stay") //nolint:testifylint // the text is long
	var view httpapi.RuleView
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodGet, rule, nil, &view))
	assert.Equal(t, rules.ModeShadow, view.Mode)

	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPatch, rule, m{"mode": "live", "reason": "try again"}, &v))
	assert.Equal(t, life.Proposed, v.State, "acting again waits for a second person")
	var refused problem
	path := fmt.Sprintf("/museum/versions/%d", v.Number)
	require.Equal(t, http.StatusOK, h.as(t, "root", http.MethodPost, path+"/approval", m{"hash": v.Hash, "reason": "fine by me"}, nil))
	require.Equal(t, http.StatusConflict, h.as(t, "ana", http.MethodPost, path+"/publication", m{"replaces": v.Base, "reason": "try again"}, &refused))
	require.NotEmpty(t, refused.Errors)
	assert.Equal(t, "life", refused.Errors[0].Location)
	assert.Contains(t, refused.Errors[0].Message, "without a canary")
	require.Equal(t, http.StatusOK, h.as(t, "root", http.MethodPost, path+"/approval", m{"hash": v.Hash, "reason": "fine by me", "override": "it ran for years"}, nil))
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, path+"/publication", m{"replaces": v.Base, "reason": "try again"}, nil))
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPatch, rule, m{"action": "flag", "reason": "milder for now"}, nil))

	var begun life.Tightening
	require.Equal(t, http.StatusCreated, h.as(t, "ana", http.MethodPost, rule+"/tightening", m{"reason": "a wave of bots"}, &begun))
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodGet, rule, nil, &view))
	assert.True(t, view.Tightened)
	assert.Equal(t, rules.ModeLive, view.Mode)
	assert.Equal(t, http.StatusConflict, h.as(t, "sec", http.MethodPost, rule+"/tightening", m{"reason": "a wave of bots"}, nil), "one at a time")
	require.Equal(t, http.StatusOK, h.as(t, "sec", http.MethodPost, "/museum/tightenings/"+begun.ID+"/end", m{"reason": "the wave is over"}, nil))
	assert.Equal(t, http.StatusForbidden, h.as(t, "ana", http.MethodPost, rule+"/tightening", m{"reason": "another wave"}, nil), "not again alone")
	var tightened struct{ Tightenings []life.Tightening }
	require.Equal(t, http.StatusOK, h.as(t, "audrey", http.MethodGet, "/museum/tightenings", nil, &tightened))
	require.Len(t, tightened.Tightenings, 1)
	assert.Equal(t, "sec", tightened.Tightenings[0].EndedBy)

	require.Equal(t, http.StatusCreated, h.as(t, "ana", http.MethodPost, "/museum/versions/1/return", m{"reason": "back to shadow"}, &v))
	assert.Equal(t, life.Published, v.State)
	require.Equal(t, http.StatusCreated, h.as(t, "ana", http.MethodPost, "/museum/versions/0/return", m{"reason": "as shipped"}, &v))
	assert.Equal(t, life.Proposed, v.State)
	var refusal problem
	require.Equal(t, http.StatusForbidden, h.as(t, "sec", http.MethodPatch, rule, m{"mode": "live", "reason": "a wave of bots"}, &refusal))
	assert.Contains(t, refusal.Detail, "stronger")
	require.Equal(t, http.StatusForbidden, h.as(t, "sec", http.MethodPost, "/museum/versions/0/return", m{"reason": "as shipped"}, nil))
	require.Equal(t, http.StatusOK, h.as(t, "sec", http.MethodPatch, rule, m{"mode": "retired", "reason": "it hits a school class"}, &v), "security weakens alone")
	assert.Equal(t, life.Published, v.State)
	assert.Equal(t, []string{"rule.change", "ruleset.return", "ruleset.return", "rule.loosen", "rule.tighten", "rule.change", "ruleset.publish", "ruleset.approve", "ruleset.approve", "rule.change", "rule.change"}, actionsOf(t, h))
}

func actionsOf(t *testing.T, h *house) []string {
	t.Helper()
	var out []string
	for _, e := range h.audit(t) {
		out = append(out, e.Action)
	}
	return out
}

func TestRulesetProblemsNameLineAndField(t *testing.T) {
	h := build(t)
	var v httpapi.VersionView
	require.Equal(t, http.StatusCreated, h.as(t, "ana", http.MethodPost, "/museum/versions", h.edited(t, oldWhen, "when: account_raeds_1m > 75"), &v))
	require.NotEmpty(t, v.Review.Problems)
	assert.Equal(t, "rules[0].when", v.Review.Problems[0].Field)
	assert.Positive(t, v.Review.Problems[0].Line)
	assert.Contains(t, v.Review.Problems[0].Detail, "account_reads_1m", "what was meant, perhaps")
	var wrong problem
	require.Equal(t, http.StatusUnprocessableEntity,
		h.as(t, "ana", http.MethodPost, fmt.Sprintf("/museum/versions/%d/proposal", v.Number), m{"hash": v.Hash, "reason": "please"}, &wrong))
	assert.Equal(t, "rules[0].when", wrong.Errors[0].Location)
	var fixed httpapi.VersionView
	body := h.edited(t, oldWhen, newWhen)
	body["hash"] = v.Hash
	require.NoError(t, h.users.PutKey(t.Context(), "bea", keyOf("bea"), console.Analyst))
	require.Equal(t, http.StatusOK, h.as(t, "bea", http.MethodPut, fmt.Sprintf("/museum/versions/%d", v.Number), body, &fixed))
	assert.Empty(t, fixed.Review.Problems)
	assert.Equal(t, []string{"bea"}, fixed.Editors)
	require.Equal(t, http.StatusOK, h.as(t, "ana", http.MethodPost, fmt.Sprintf("/museum/versions/%d/proposal", v.Number), m{"hash": fixed.Hash, "reason": "please"}, nil))
	require.NoError(t, h.users.PutKey(t.Context(), "bea", keyOf("bea"), console.Administrator))
	assert.Equal(t, http.StatusForbidden,
		h.as(t, "bea", http.MethodPost, fmt.Sprintf("/museum/versions/%d/approval", v.Number), m{"hash": fixed.Hash, "reason": "mine"}, nil), "an editor approves nothing")
	require.Equal(t, http.StatusOK,
		h.as(t, "root", http.MethodPost, fmt.Sprintf("/museum/versions/%d/rejection", v.Number), m{"hash": fixed.Hash, "reason": "not needed"}, &v))
	assert.Equal(t, life.Rejected, v.State)
}

func TestRolesAndRules(t *testing.T) {
	h := build(t)
	draft := h.edited(t, oldWhen, newWhen)
	word := m{"hash": strings.Repeat("0", 64), "reason": "looks right"}
	zero := m{"replaces": strings.Repeat("0", 64), "reason": "looks right"}
	const forbidden = http.StatusForbidden
	for _, c := range []struct {
		method, path string
		body         any
		want         map[string]int // by who calls
	}{
		{http.MethodGet, "/museum", nil, map[string]int{"ana": 200, "sec": 200, "root": 200, "audrey": 200, "bo": forbidden}},
		{http.MethodGet, "/museum/versions", nil, map[string]int{"ana": 200, "audrey": 200, "bo": forbidden}},
		{http.MethodPost, "/museum/versions", draft, map[string]int{"ana": 201, "sec": forbidden, "root": forbidden, "audrey": forbidden, "bo": forbidden}},
		{http.MethodPut, "/museum/versions/9", m{"text": "x", "base": strings.Repeat("0", 64), "hash": strings.Repeat("0", 64), "reason": "why not"}, map[string]int{"ana": 404, "audrey": forbidden}},
		{http.MethodPost, "/museum/versions/9/proposal", word, map[string]int{"ana": 404, "audrey": forbidden}},
		{http.MethodPost, "/museum/versions/9/approval", word, map[string]int{"ana": forbidden, "sec": forbidden, "root": 404, "audrey": forbidden, "bo": forbidden}},
		{http.MethodPost, "/museum/versions/9/rejection", word, map[string]int{"ana": 404, "sec": forbidden, "root": 404, "audrey": forbidden}},
		{http.MethodPost, "/museum/versions/9/check", nil, map[string]int{"ana": 404, "sec": forbidden, "root": 404, "audrey": forbidden}},
		{http.MethodPost, "/museum/versions/9/publication", zero, map[string]int{"ana": 404, "sec": forbidden, "root": forbidden, "audrey": forbidden, "bo": forbidden}},
		{http.MethodPost, "/museum/versions/9/return", m{"reason": "because"}, map[string]int{"ana": 404, "sec": 404, "root": forbidden, "audrey": forbidden}},
		{http.MethodPatch, "/museum/rules/nobody", m{"mode": "retired", "reason": "because"}, map[string]int{"ana": 404, "sec": 404, "root": forbidden, "audrey": forbidden, "bo": forbidden}},
		{http.MethodPost, "/museum/rules/nobody/tightening", m{"reason": "because"}, map[string]int{"ana": 404, "sec": 404, "root": forbidden, "audrey": forbidden, "bo": forbidden}},
		{http.MethodPost, "/museum/tightenings/nothing/end", m{"reason": "because"}, map[string]int{"ana": 404, "audrey": forbidden}},
		{http.MethodGet, "/museum/tightenings", nil, map[string]int{"ana": 200, "audrey": 200, "bo": forbidden}},
	} {
		for who, want := range c.want {
			assert.Equal(t, want, h.as(t, who, c.method, c.path, c.body, nil), "%s %s as %s", c.method, c.path, who)
		}
	}
	assert.Equal(t, http.StatusUnauthorized, h.call(t, "", http.MethodGet, "/api/v1/rulesets", "", nil))
}

func TestBadRulesetRequestsAreRefused(t *testing.T) {
	h := build(t)
	f := h.inForce(t)
	body := func(change func(m)) m {
		b := m{"text": "name: museum", "base": f.Hash, "reason": "a good reason"}
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		want         int
	}{
		"unknown ruleset":     {http.MethodGet, "/opera", nil, 404},
		"script in the name":  {http.MethodGet, "/%3Cscript%3E", nil, 422},
		"a path as the name":  {http.MethodGet, "/..%2Fmuseum", nil, 422},
		"versions of nothing": {http.MethodGet, "/opera/versions", nil, 404},
		"unknown version":     {http.MethodGet, "/museum/versions/7", nil, 404},
		"version zero":        {http.MethodGet, "/museum/versions/0", nil, 422},
		"version of letters":  {http.MethodGet, "/museum/versions/one", nil, 422},
		"unknown rule":        {http.MethodGet, "/museum/rules/nobody", nil, 404},
		"unknown comparison":  {http.MethodGet, "/museum/versions/3/changes", nil, 404},
		"too many":            {http.MethodGet, "/museum/versions?limit=1000", nil, 422},
		"no text":             {http.MethodPost, "/museum/versions", body(func(b m) { b["text"] = "" }), 422},
		"text of over 4 MiB":  {http.MethodPost, "/museum/versions", body(func(b m) { b["text"] = strings.Repeat("# 抢", 1<<20) }), 422},
		"no reason":           {http.MethodPost, "/museum/versions", body(func(b m) { delete(b, "reason") }), 422},
		"empty reason":        {http.MethodPost, "/museum/versions", body(func(b m) { b["reason"] = "   " }), 422},
		"base is no hash":     {http.MethodPost, "/museum/versions", body(func(b m) { b["base"] = "<script>" }), 422},
		"unknown field":       {http.MethodPost, "/museum/versions", body(func(b m) { b["author"] = "root" }), 422},
		"unknown mode":        {http.MethodPatch, "/museum/rules/polling_fast_account", m{"mode": "loud", "reason": "because"}, 422},
		"share of two":        {http.MethodPatch, "/museum/rules/polling_fast_account", m{"share": 2, "reason": "because"}, 422},
		"nothing to change":   {http.MethodPatch, "/museum/rules/polling_fast_account", m{"reason": "because"}, 422},
		"share without mode":  {http.MethodPatch, "/museum/rules/polling_fast_account", m{"share": 0.5, "reason": "because"}, 422},
	} {
		assert.Equal(t, c.want, h.as(t, "ana", c.method, c.path, c.body, nil), name)
	}
	assert.Empty(t, h.audit(t), "what was refused changed nothing")
}
