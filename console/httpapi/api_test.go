package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gofiber/fiber/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/console/store"
	"fairgate/enforcement"
	"fairgate/enforcement/alert"
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/lists"
	marks "fairgate/enforcement/lists/redis"
	"fairgate/enforcement/mode"
	"fairgate/enforcement/notify"
	"fairgate/enforcement/undo"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/seal"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rules/source"
	"fairgate/rules/source/sqlstore"
)

// house is the API over real stores on SQLite and an in-process Redis.
type house struct {
	app      *fiber.App
	users    *store.Store
	lists    *lists.Service
	budget   *budget.Service
	undo     *undo.Service
	cases    *cases.Service
	appeals  *appeals.Service
	desk     *appeals.Desk
	receipts *enforcement.Receipts
	alerts   *alert.Service
	channels *notify.Service
	mode     *mode.Store
	taken    *withdrawals.Service
	admin    string // token
	first    string // the one-time password
	ahead    atomic.Int64
}

// now is the clock of the API and of the operators' store, which forward turns.
func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func (h *house) forward(d time.Duration) { h.ahead.Add(int64(d)) }

// undone stands for the withdrawals, which need a booking system.
type undone struct{}

func (undone) Undo(context.Context, string, string, time.Time, string, string) (int, error) {
	return 2, nil
}

func (undone) Caused(context.Context, enforcement.Cause, string, int) ([]withdrawals.Withdrawal, string, error) {
	return []withdrawals.Withdrawal{{ID: "w1", Site: "museum", Account: "a1", Order: "o1", State: withdrawals.PastCutoff, Rule: "rotation"}}, "", nil
}

func (undone) Count(context.Context, enforcement.Cause) (map[withdrawals.State]int, error) {
	return map[withdrawals.State]int{withdrawals.PastCutoff: 1}, nil
}

func (undone) Accounts(context.Context, enforcement.Cause, string, int) ([]string, error) {
	return []string{"a1"}, nil
}

func (undone) UndoCaused(context.Context, enforcement.Cause, string, string, string) (int, error) {
	return 0, nil
}

type figures struct{ asked metrics.Filter }

func (f *figures) Quality(_ context.Context, p metrics.Period, filter metrics.Filter) (metrics.Quality, error) {
	f.asked = filter
	return metrics.Quality{Period: p, Miss: metrics.Figure{Numerator: 1, Denominator: 40, Value: 0.025, Enough: true}}, nil
}

func build(t *testing.T) *house {
	t.Helper()
	return buildWith(t, func(*httpapi.Options) {})
}

// behind trusts a network's word for where a request comes from; requests in
// memory come from 0.0.0.0.
func behind(network string) func(*httpapi.Options) {
	return func(o *httpapi.Options) { o.Trusted, _ = fingerprint.NewProxies([]string{network}) }
}

func buildWith(t *testing.T, set func(*httpapi.Options)) *house {
	t.Helper()
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "console.db"), sqldb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	client := goredis.NewClient(&goredis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	h := &house{}
	box, err := seal.New(make([]byte, seal.KeySize))
	require.NoError(t, err)
	o := httpapi.Options{Site: "museum", Ruleset: "museum", Routes: []string{"order-submit", "stock-read"}, Now: h.now}
	set(&o)
	h.users, err = store.Open(t.Context(), db, store.Options{Box: box, SensitivePerHour: 5, RequireTOTP: slices.Collect(maps.Keys(o.RequireTOTP)), Now: h.now})
	require.NoError(t, err)
	_, err = h.users.FirstAdministrator(t.Context(), func() (string, error) { h.first = store.OneTimePassword(); return h.first, nil })
	require.NoError(t, err)
	h.lists, err = lists.New(t.Context(), db, marks.New(client), lists.Options{})
	require.NoError(t, err)
	h.taken, err = withdrawals.New(t.Context(), db, takers{}, withdrawals.Options{})
	require.NoError(t, err)
	h.cases, err = cases.New(t.Context(), db, h.lists, undone{}, cases.Options{Cancellations: h.taken})
	require.NoError(t, err)
	h.receipts, err = enforcement.NewReceipts([][]byte{make([]byte, 32)})
	require.NoError(t, err)
	h.appeals, err = appeals.New(t.Context(), db, h.cases, appeals.Options{})
	require.NoError(t, err)
	h.desk = appeals.NewDesk(db, "museum", h.receipts, appeals.DeskOptions{})
	h.undo, err = undo.New(t.Context(), db, h.lists, undone{}, h.cases, undo.Options{})
	require.NoError(t, err)
	h.budget, err = budget.New(t.Context(), db, "museum", budget.Options{})
	require.NoError(t, err)
	h.channels, err = notify.New(t.Context(), db, box, map[notify.ChannelKind]notify.Sender{notify.Webhook: taken{}}, notify.Options{})
	require.NoError(t, err)
	h.alerts, err = alert.New(t.Context(), db, "museum", h.channels, alert.Options{})
	require.NoError(t, err)
	kill, err := mode.Open(t.Context(), db, "museum", time.Now)
	require.NoError(t, err)
	h.mode = kill
	versions, err := sqlstore.Open(t.Context(), db)
	require.NoError(t, err)
	stored := life.New(versions, source.NewFiles(fstest.MapFS{"museum.yaml": {Data: []byte(smallRuleset)}}), life.Options{})
	h.app = httpapi.New(httpapi.Services{
		Rulesets:  stored,
		Operators: h.users, Sessions: h.users, SecondFactors: h.users, Proofs: h.users, Users: h.users, Keys: h.users, Audit: h.users, Review: h.cases, Cases: h.cases, BulkCases: h.cases, Known: h.cases, Dossier: seen{}, Appeals: h.appeals, Lists: h.lists, Labels: h.cases, Quality: &figures{}, Mode: kill, Budgets: h.budget, Debits: h.lists, TakenOrders: h.taken, Undos: h.undo,
		Alerts: h.alerts, Notifications: h.channels,
		Normal: usual{}, Explain: explained{}, RuleHits: hits{}, Features: counted{}, Backfills: filling{},
	}, o)
	for name, role := range map[string]console.Role{"root": console.Administrator, "ana": console.Analyst, "audrey": console.Auditor, "sec": console.Security, "bo": console.BoxOffice} {
		require.NoError(t, h.users.PutKey(t.Context(), name, keyOf(name), role))
	}
	h.admin = keyOf("root")
	return h
}

func keyOf(name string) string { return name + strings.Repeat("k", 32) }

// call sends a request and decodes the answer into out.
func (h *house) call(t *testing.T, token, method, path, body string, out any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := h.app.Test(req, 10_000)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if res.StatusCode >= 400 {
		assert.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), "%s %s", method, path)
	}
	if out != nil {
		require.NoError(t, json.Unmarshal(data, out), "%s", data)
	}
	return res.StatusCode
}

func (h *house) audit(t *testing.T) []console.AuditEntry {
	t.Helper()
	entries, err := h.users.Entries(t.Context(), console.AuditFilter{}, 0, 100)
	require.NoError(t, err)
	return entries
}

func TestOneTimePasswordMustBeChanged(t *testing.T) {
	h := build(t)
	var session struct{ Token string }
	body := `{"name":"admin","password":"` + h.first + `"}`
	require.Equal(t, http.StatusCreated, h.call(t, "", http.MethodPost, "/api/v1/sessions", body, &session))
	assert.Equal(t, http.StatusForbidden, h.call(t, session.Token, http.MethodGet, "/api/v1/accounts", "", nil))
	change := `{"old_password":"` + h.first + `","new_password":"correct horse battery"}`
	require.Equal(t, http.StatusNoContent, h.call(t, session.Token, http.MethodPost, "/api/v1/password", change, nil))
	assert.Equal(t, http.StatusUnauthorized, h.call(t, session.Token, http.MethodGet, "/api/v1/me", "", nil), "the old session is over")
	body = `{"name":"admin","password":"correct horse battery"}`
	require.Equal(t, http.StatusCreated, h.call(t, "", http.MethodPost, "/api/v1/sessions", body, &session))
	assert.Equal(t, http.StatusOK, h.call(t, session.Token, http.MethodGet, "/api/v1/accounts", "", nil))
	assert.Equal(t, http.StatusNoContent, h.call(t, session.Token, http.MethodDelete, "/api/v1/sessions", "", nil))
	assert.Equal(t, http.StatusUnauthorized, h.call(t, session.Token, http.MethodGet, "/api/v1/me", "", nil))
}

func TestRolesHoldTheirPermissions(t *testing.T) {
	h := build(t)
	deny := `{"entity":"account","key":"a1","reason":"seen on resale sites","expires_at":"2099-01-01T00:00:00Z"}`
	tests := []struct {
		name, token, method, path, body string
		want                            int
	}{
		{"nobody", "", http.MethodGet, "/api/v1/accounts", "", http.StatusUnauthorized},
		{"a made-up token", "x", http.MethodGet, "/api/v1/accounts", "", http.StatusUnauthorized},
		{"an analyst reads", keyOf("ana"), http.MethodGet, "/api/v1/accounts", "", http.StatusOK},
		{"an analyst denies", keyOf("ana"), http.MethodPost, "/api/v1/lists/deny", deny, http.StatusCreated},
		{"an analyst does not unblock", keyOf("ana"), http.MethodPost, "/api/v1/accounts/a1/unblock", `{"reason":"a family"}`, http.StatusForbidden},
		{"an analyst does not read the audit log", keyOf("ana"), http.MethodGet, "/api/v1/audit", "", http.StatusForbidden},
		{"an auditor does", keyOf("audrey"), http.MethodGet, "/api/v1/audit", "", http.StatusOK},
		{"an auditor changes nothing", keyOf("audrey"), http.MethodPost, "/api/v1/lists/deny", deny, http.StatusForbidden},
		{"an unknown path", h.admin, http.MethodGet, "/api/v1/nothing", "", http.StatusNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, h.call(t, tt.token, tt.method, tt.path, tt.body, nil))
		})
	}
}

// block puts an account on the list by a rule and opens its case.
func (h *house) block(t *testing.T, id string) {
	t.Helper()
	at := time.Now().Add(-time.Minute)
	hit := ingest.Hit{Rule: "rotation", Action: ingest.Block, Entity: "account", Key: id, TTL: 3600, Reason: ingest.ReasonIdentity}
	_, err := h.lists.Deny(t.Context(), []enforcement.Denial{{
		Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: id}, Source: enforcement.EntryByRule,
		Rule: "rotation", Ruleset: "abc", Class: ingest.ReasonIdentity, Actor: enforcement.ActorEnforcer, EventID: "e-" + id, At: at, TTL: time.Hour,
	}})
	require.NoError(t, err)
	require.NoError(t, h.cases.Record(t.Context(), []enforcement.Finding{{
		Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: id}, EventID: "e-" + id, Stage: rules.StageInline,
		Time: at, Kind: ingest.KindOrderSubmit, Ruleset: "abc", Score: 80, Hits: []ingest.Hit{hit},
		Features: map[string]float64{"account_documents_24h": 14},
	}}))
}

func TestUnblockIsALabelAndAudited(t *testing.T) {
	h := build(t)
	h.block(t, "a1")
	var blocked struct{ Accounts []cases.Standing }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/accounts?standing=blocked", "", &blocked))
	require.Len(t, blocked.Accounts, 1)
	require.Nil(t, blocked.Accounts[0].Case, "before an opinion")
	var q queue
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/cases", "", &q))
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/"+q.Cases[0].ID+"/opinion", `{"value":"human"}`, nil))
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/accounts?standing=blocked", "", &blocked))
	require.NotNil(t, blocked.Accounts[0].Case)
	require.NotEmpty(t, blocked.Accounts[0].Case.Evidence)
	assert.InDelta(t, 14, blocked.Accounts[0].Case.Evidence[0].Features["account_documents_24h"], 0)

	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/accounts/a1/unblock", `{}`, nil), "a reason is needed")
	var cleared cases.ClearResult
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/accounts/a1/unblock", `{"reason":"a family of seven"}`, &cleared))
	assert.Equal(t, 1, cleared.Lifted)
	assert.Equal(t, 2, cleared.Reinstating)
	assert.False(t, cleared.At.IsZero())
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/accounts?standing=blocked", "", &blocked))
	assert.Empty(t, blocked.Accounts)
	labels, err := h.cases.Labels(t.Context(), "museum", "a1")
	require.NoError(t, err)
	require.Len(t, labels, 1)
	assert.Equal(t, enforcement.LabelHuman, labels[0].Value)

	entry := h.audit(t)[0]
	assert.Equal(t, "account.unblock", entry.Action)
	assert.Equal(t, "root", entry.Actor)
	assert.Equal(t, "a family of seven", entry.Reason)
	assert.NotEmpty(t, entry.Address)
	assert.NotEmpty(t, entry.RequestID)
	assert.Contains(t, entry.Before, "rotation")
	assert.Contains(t, entry.After, "cleared_at")
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodPost, "/api/v1/accounts/nobody/unblock", `{"reason":"by mistake"}`, nil))
}

func TestConfirmIsALabel(t *testing.T) {
	h := build(t)
	h.block(t, "a2")
	var standing cases.Standing
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/accounts/a2/confirm", `{"reason":"sold on a resale site"}`, &standing))
	require.NotNil(t, standing.Case)
	assert.Equal(t, cases.Confirmed, standing.Case.State)
	assert.NotEmpty(t, standing.Blocks, "the block stands")
	labels, err := h.cases.Labels(t.Context(), "museum", "a2")
	require.NoError(t, err)
	require.Len(t, labels, 1)
	assert.Equal(t, enforcement.LabelScalper, labels[0].Value)
	assert.Equal(t, "account.confirm", h.audit(t)[0].Action)
}

func TestListsAreChangedAndAudited(t *testing.T) {
	h := build(t)
	var entry lists.Entry
	deny := `{"entity":"device","key":"d1","reason":"seen on resale sites","expires_at":"2099-01-01T00:00:00Z"}`
	require.Equal(t, http.StatusCreated, h.call(t, h.admin, http.MethodPost, "/api/v1/lists/deny", deny, &entry))
	past := strings.Replace(deny, "2099", "2009", 1)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/lists/deny", past, nil))
	lift := "/api/v1/lists/deny/" + entry.ID + "/lift"
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, lift, `{"reason":"a mistake"}`, nil))
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, lift, `{"reason":"a mistake"}`, nil))
	until := func(after time.Duration) string { return time.Now().Add(after).UTC().Format(time.RFC3339) }
	except := `{"entity":"account","key":"a1","rule":"polling_fast_account","reason":"a tour guide","expires_at":"` + until(time.Hour) + `"}`
	for what, refused := range map[string]string{
		"in the past":  strings.Replace(except, until(time.Hour), until(-time.Hour), 1),
		"for years":    strings.Replace(except, until(time.Hour), until(200*24*time.Hour), 1),
		"without end":  strings.Replace(except, `,"expires_at":"`+until(time.Hour)+`"`, "", 1),
		"of every key": strings.Replace(except, `"a1"`, `""`, 1),
		"no rule":      strings.Replace(except, `"polling_fast_account"`, `""`, 1),
		"every rule":   strings.Replace(except, `"polling_fast_account"`, `"*"`, 1),
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/lists/exceptions", refused, nil), what)
	}
	var p problem
	typo := strings.Replace(except, "fast", "fest", 1)
	require.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/lists/exceptions", typo, &p))
	assert.Equal(t, `rule: not found: "polling_fest_account" is no rule or score band of museum, did you mean "polling_fast_account"?`, p.Detail)
	require.Len(t, p.Errors, 1)
	assert.Equal(t, "body.rule", p.Errors[0].Location)
	require.Equal(t, http.StatusCreated, h.call(t, h.admin, http.MethodPost, "/api/v1/lists/exceptions", except, nil))
	var listed struct{ Entries []lists.Entry }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/lists/exceptions", "", &listed))
	assert.Len(t, listed.Entries, 1)
	var actions []string
	for _, e := range h.audit(t) {
		actions = append(actions, e.Action)
	}
	assert.Equal(t, []string{"list.except", "list.lift", "list.deny"}, actions)
}

func TestLabelsQualityAndMode(t *testing.T) {
	h := build(t)
	var accepted struct{ Accepted int }
	body := `{"labels":[{"account":"a1","value":"human","reason":"checked in"},{"account":"a2","value":"scalper","operator":"o1","reason":"resale report"}]}`
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/labels", body, &accepted))
	assert.Equal(t, 2, accepted.Accepted)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/labels", strings.Replace(body, "scalper", "villain", 1), nil))

	var q metrics.Quality
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/quality?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z", "", &q))
	assert.EqualValues(t, 40, q.Miss.Denominator)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodGet, "/api/v1/quality?from=yesterday", "", nil))

	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPut, "/api/v1/mode", `{"observe":true,"reason":"a rule misfires"}`, nil))
	var m struct{ Observe bool }
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/mode", "", &m))
	assert.True(t, m.Observe)
	v, err := h.users.Verify(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 2, v.Verified)
}

func TestDocumentDescribesEveryOperation(t *testing.T) {
	text, err := httpapi.Document(nil)
	require.NoError(t, err)
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &document))
	assert.Equal(t, "3.1.0", document.OpenAPI)
	for _, path := range []string{"/api/v1/sessions", "/api/v1/accounts", "/api/v1/accounts/{id}/unblock", "/api/v1/lists/deny", "/api/v1/quality", "/api/v1/audit"} {
		assert.Contains(t, document.Paths, path)
	}
}
