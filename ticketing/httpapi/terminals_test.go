package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/checkin"
	"fairgate/ticketing/httpapi"
)

// gate is a terminal, from registration on.
type gate struct {
	s     *server
	id    string
	key   checkin.Key
	token string
}

func (s *server) clock() time.Time { return time.UnixMilli(s.now.Load()).UTC() }

func (s *server) terminal(name, at string) *gate {
	s.t.Helper()
	made := s.house(http.MethodPost, "/internal/v1/terminals", fmt.Sprintf(`{"name":%q,"kind":"handheld","gate":%q,"pools":["main"]}`, name, at), operationsKey)
	require.Equal(s.t, http.StatusCreated, made.status, made.body)
	key, err := checkin.ParseKey(made.text("key"))
	require.NoError(s.t, err)
	g := &gate{s: s, id: made.text("terminal_id"), key: key}
	in := g.signIn(s.clock(), "1.0")
	require.Equal(s.t, http.StatusCreated, in.status, in.body)
	g.token = in.text("session_token")
	return g
}

func (g *gate) signIn(clock time.Time, app string) answer {
	g.s.t.Helper()
	nonce := uuid.NewString()
	return g.s.send(http.MethodPost, "/terminal/v1/sessions", fmt.Sprintf(`{"terminal_id":%q,"nonce":%q,"clock":%q,"app_version":%q,"signature":%q}`,
		g.id, nonce, clock.Format(time.RFC3339Nano), app, base64.RawURLEncoding.EncodeToString(g.key.Sign(g.id, nonce, clock, app))), nil, false)
}

func (g *gate) call(method, target, body string) answer {
	g.s.t.Helper()
	return g.s.send(method, target, body, http.Header{"Authorization": {"Bearer " + g.token}}, false)
}

func (g *gate) scan(nonce, what string) answer {
	g.s.t.Helper()
	return g.call(http.MethodPost, "/terminal/v1/scans", fmt.Sprintf(`{"nonce":%q,"scanned_at":%q,%s}`, nonce, g.s.clock().Format(time.RFC3339Nano), what))
}

// codes are what the QR codes of an order say.
func (s *server) codes(order, token string) []string {
	s.t.Helper()
	got := s.visitor(http.MethodGet, "/api/v1/orders/"+order, "", token)
	require.Equal(s.t, http.StatusOK, got.status, got.body)
	var out []string
	for _, p := range got.body["positions"].([]any) {
		out = append(out, fmt.Sprint(p.(map[string]any)["ticket"]))
	}
	return out
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

// TestAtTheGate goes through a day at the gate over HTTP.
func TestAtTheGate(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 50)
	_, token := s.signUp(1)
	first := s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", "AB1234567", "AB1234568"), token)
	require.Equal(t, http.StatusCreated, first.status, first.body)
	second := s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", "AB1234569"), token)
	codes := append(s.codes(first.text("order_id"), token), s.codes(second.text("order_id"), token)...)
	s.now.Store(time.Date(2026, 5, 10, 4, 0, 0, 0, time.UTC).UnixMilli())
	north, south := s.terminal("North 1", "north"), s.terminal("South 1", "south")

	nonce := uuid.NewString()
	in := north.scan(nonce, fmt.Sprintf(`"code":%q,"whole_order":true`, codes[0]))
	require.Equal(t, http.StatusOK, in.status, in.body)
	assert.Equal(t, []any{true, "ok", "entry", "main", float64(2), false},
		[]any{in.body["accepted"], in.body["reason"], in.body["direction"], in.body["pool"], in.body["order_size"], in.body["repeated"]})
	assert.Equal(t, "请进", in.text("reason_zh"))
	outcomes, _ := in.body["outcomes"].([]any)
	require.Len(t, outcomes, 2)
	person := object(object(outcomes[0])["person"])
	assert.Equal(t, []any{"passport", "AB1****67"}, []any{person["document_type"], person["document_masked"]})
	assert.Equal(t, strconv.FormatInt(s.now.Load(), 10), in.header.Get(httpapi.HeaderServerTime))
	again := north.scan(nonce, fmt.Sprintf(`"code":%q,"whole_order":true`, codes[0]))
	assert.Equal(t, true, again.body["repeated"])
	assert.Equal(t, in.body["outcomes"], again.body["outcomes"])
	other := north.scan(nonce, fmt.Sprintf(`"code":%q`, codes[2]))
	assert.Equal(t, []any{http.StatusUnprocessableEntity, "nonce_reused"}, []any{other.status, other.text("code")})

	s.now.Add(60_000)
	redeemed := south.scan(uuid.NewString(), `"document":{"type":"passport","number":"AB1234567","nationality":"GBR"}`)
	assert.Equal(t, []any{false, "already_redeemed"}, []any{redeemed.body["accepted"], redeemed.body["reason"]})
	prior := object(object(redeemed.body["outcomes"].([]any)[0])["prior"])
	assert.Equal(t, map[string]any{"at": "2026-05-10T04:00:00.000Z", "gate": "north", "terminal": "North 1"}, prior)
	token = s.visitor(http.MethodPost, "/api/v1/sessions", `{"phone":"13800000001","password":"correct horse"}`, "").text("session_token")
	cancel := s.visitor(http.MethodPost, "/api/v1/orders/"+first.text("order_id")+"/cancel", "", token)
	assert.Equal(t, []any{http.StatusConflict, "already_entered"}, []any{cancel.status, cancel.text("code")})

	counts := s.house(http.MethodGet, "/internal/v1/checkin/counts?date=2026-05-10", "", operationsKey)
	total := object(counts.body["total"])
	assert.Equal(t, []any{float64(2), float64(2), float64(1)}, []any{total["entries"], total["inside"], total["refused"]})
	own := south.call(http.MethodGet, "/terminal/v1/counts", "")
	assert.Equal(t, map[string]any{"already_redeemed": float64(1)}, object(own.body["gate"])["refused_by_reason"])

	s.offline(north, codes[2])
	changes := s.house(http.MethodGet, "/internal/v1/checkin/changes", "", operationsKey)
	assert.Len(t, changes.body["changes"], 2)
	revoked := s.house(http.MethodPost, "/internal/v1/terminals/"+south.id+"/revoke", "", operationsKey)
	assert.Equal(t, http.StatusOK, revoked.status)
	gone := south.scan(uuid.NewString(), `"code":"x"`)
	assert.Equal(t, []any{http.StatusForbidden, "terminal_revoked"}, []any{gone.status, gone.text("code")})
	assert.NotEmpty(t, gone.header.Get(httpapi.HeaderServerTime), "refusals tell the time too")
	assert.Equal(t, http.StatusNoContent, north.call(http.MethodDelete, "/terminal/v1/session", "").status)
	assert.Equal(t, http.StatusUnauthorized, north.call(http.MethodGet, "/terminal/v1/counts", "").status)
}

// offline lets one in by the list, and hands the scan in twice.
func (s *server) offline(g *gate, code string) {
	t := s.t
	t.Helper()
	list := g.call(http.MethodGet, "/terminal/v1/lists?pool=main&date=2026-05-10", "")
	require.Equal(t, http.StatusOK, list.status, list.body)
	sealed, err := base64.StdEncoding.DecodeString(list.text("sealed"))
	require.NoError(t, err)
	text, err := g.key.OpenList(sealed)
	require.NoError(t, err)
	var sheet checkin.Sheet
	require.NoError(t, json.Unmarshal(text, &sheet))
	assert.Len(t, sheet.Orders, 2)
	at := s.clock().Format(time.RFC3339Nano)
	body := fmt.Sprintf(`{"clock":%q,"scans":[{"nonce":"offline-1","code":%q,"scanned_at":%q,"receipt":%q},{"nonce":"bad","code":"x","scanned_at":%q,"receipt":""}]}`,
		at, code, at, list.text("receipt"), at)
	for _, repeated := range []bool{false, true} {
		got := g.call(http.MethodPost, "/terminal/v1/scans/batch", body)
		require.Equal(t, http.StatusOK, got.status, got.body)
		results, _ := got.body["results"].([]any)
		require.Len(t, results, 2)
		scan := object(object(results[0])["scan"])
		assert.Equal(t, []any{true, repeated}, []any{scan["accepted"], scan["repeated"]})
		assert.Equal(t, "nonce", object(object(results[1])["error"])["field"])
	}
	late := fmt.Sprintf(`{"clock":%q,"scans":[{"nonce":"offline-2","code":%q,"scanned_at":%q,"receipt":%q}]}`, at, code, at, list.text("receipt"))
	require.Equal(t, http.StatusOK, g.call(http.MethodPost, "/terminal/v1/scans/batch", late).status)
	conflicts := s.house(http.MethodGet, "/internal/v1/checkin/conflicts", "", operationsKey)
	require.Len(t, conflicts.body["conflicts"], 1)
	assert.Equal(t, []any{"already_redeemed", true}, []any{
		object(conflicts.body["conflicts"].([]any)[0])["conflict"], object(conflicts.body["conflicts"].([]any)[0])["accepted"],
	})
	changed := g.call(http.MethodGet, fmt.Sprintf("/terminal/v1/lists?pool=main&date=2026-05-10&since=%v", list.body["version"]), "")
	assert.Greater(t, changed.body["version"], list.body["version"])
}

func TestTerminalsAreRunByTheHouse(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 50)
	g := s.terminal("One", "north")
	twice := s.house(http.MethodPost, "/internal/v1/terminals", `{"name":"One","kind":"standing","gate":"north","pools":["main"]}`, operationsKey)
	assert.Equal(t, []any{http.StatusConflict, "terminal_name_taken"}, []any{twice.status, twice.text("code")})
	bad := s.house(http.MethodPost, "/internal/v1/terminals", `{"name":"Two","kind":"robot","gate":"north","pools":["main"]}`, operationsKey)
	assert.Equal(t, []any{http.StatusUnprocessableEntity, "kind"}, []any{bad.status, bad.text("field")})
	assert.Equal(t, http.StatusUnauthorized, s.house(http.MethodGet, "/internal/v1/terminals", "", enforcementKey).status)

	app := `{"minimum":"2.0","latest":"2.1","notice_zh":"请升级","notice_en":"Please upgrade","url":"https://example.com"}`
	require.Equal(t, http.StatusOK, s.house(http.MethodPut, "/internal/v1/checkin/apps/handheld", app, operationsKey).status)
	assert.Len(t, s.house(http.MethodGet, "/internal/v1/checkin/apps", "", operationsKey).body["apps"], 1)
	wrong := s.clock().Add(-time.Hour)
	beat := g.call(http.MethodPost, "/terminal/v1/heartbeat", fmt.Sprintf(`{"clock":%q,"app_version":"1.0"}`, wrong.Format(time.RFC3339Nano)))
	require.Equal(t, http.StatusOK, beat.status, beat.body)
	assert.Equal(t, float64(-3_600_000), beat.body["clock_skew_ms"])
	assert.Equal(t, "clock_skew", object(beat.body["notices"].([]any)[0])["code"])
	assert.Equal(t, map[string]any{
		"urgency": "required", "version": "2.1", "notice_zh": "请升级", "notice_en": "Please upgrade", "url": "https://example.com",
	}, beat.body["upgrade"])
	in := g.signIn(wrong, "2.1")
	require.Equal(t, http.StatusCreated, in.status, "a wrong clock is no refusal")
	assert.Nil(t, in.body["upgrade"])

	moved := s.house(http.MethodPut, "/internal/v1/terminals/"+g.id, `{"name":"One","kind":"handheld","gate":"south","pools":["main"]}`, operationsKey)
	assert.Equal(t, "south", moved.text("gate"))
	assert.Equal(t, http.StatusNotFound, s.house(http.MethodPost, "/internal/v1/terminals/none/key", "", operationsKey).status)
	key := s.house(http.MethodPost, "/internal/v1/terminals/"+g.id+"/key", "", operationsKey)
	assert.NotEqual(t, g.key.Text(), key.text("key"))
	assert.Equal(t, http.StatusUnauthorized, g.signIn(s.clock(), "1.0").status)
	list := s.house(http.MethodGet, "/internal/v1/terminals", "", operationsKey)
	shown := object(list.body["terminals"].([]any)[0])
	assert.Equal(t, []any{"One", "2.1", nil}, []any{shown["name"], shown["app_version"], shown["key"]})
}

func TestAnUploadMayBeLargeAndAScanNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 50)
	g := s.terminal("One", "north")
	var scans []string
	at := s.clock().Format(time.RFC3339Nano)
	for n := range 500 {
		scans = append(scans, fmt.Sprintf(`{"nonce":"offline-%d","code":%q,"scanned_at":%q,"receipt":""}`, n, strings.Repeat("x", 200), at))
	}
	got := g.call(http.MethodPost, "/terminal/v1/scans/batch", fmt.Sprintf(`{"clock":%q,"scans":[%s]}`, at, strings.Join(scans, ",")))
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Len(t, got.body["results"], 500)
	large := g.scan(uuid.NewString(), fmt.Sprintf(`"code":%q`, strings.Repeat("x", 70_000)))
	assert.Equal(t, http.StatusRequestEntityTooLarge, large.status)
	bad := g.call(http.MethodPost, "/terminal/v1/scans", `{"nonce":1}`)
	assert.Equal(t, []any{http.StatusBadRequest, "nonce"}, []any{bad.status, bad.text("field")})
}

// FuzzScanBody holds that no body of a scan is a fault of ours.
func FuzzScanBody(f *testing.F) {
	s := start(f)
	s.putPool("main", 0, 50)
	g := s.terminal("One", "north")
	for _, seed := range []string{
		``, `{}`, `[]`, `{"nonce":"12345678","code":"x","scanned_at":"2026-05-01T00:00:00Z"}`,
		`{"nonce":"12345678","document":{"type":"prc_id","number":"11010519491231002X"},"scanned_at":"2026-05-01T00:00:00Z","direction":"exit","whole_order":true}`,
		`{"nonce":"12345678","code":"FG1.","scanned_at":"9999-12-31T23:59:59Z"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		mine := &gate{s: &server{t: t, base: s.base}, token: g.token}
		got := mine.call(http.MethodPost, "/terminal/v1/scans", body)
		if got.status >= http.StatusInternalServerError || got.status == http.StatusUnauthorized {
			t.Fatalf("status %d: %v", got.status, got.body)
		}
		s.now.Add(100) // within the limit of scans
	})
}

// TestTheVenuesListener holds that the venue's network reaches nothing but
// check-in, whatever a path looks like.
func TestTheVenuesListener(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.send(http.MethodGet, "/healthz", "", nil, false) // the other listener serves by now, so that it can be shut down
	for target, want := range map[string]int{
		"/healthz":                             http.StatusOK,
		"/readyz":                              http.StatusOK,
		"/terminal/v1/counts":                  http.StatusUnauthorized, // reached, and asked for a session
		"/terminal/v1/nothing":                 http.StatusNotFound,
		"/api/v1/pools":                        http.StatusNotFound,
		"/internal/v1/terminals":               http.StatusNotFound,
		"/terminal/v1/../../internal/v1/jobs":  http.StatusNotFound,
		"/terminal/v1/%2e%2e/%2e%2e/healthz":   http.StatusNotFound,
		"//internal/v1/terminals":              http.StatusNotFound,
		"/":                                    http.StatusNotFound,
		"/terminal/v1/..%2f..%2finternal/v1/x": http.StatusNotFound,
	} {
		req := httptest.NewRequest(http.MethodGet, target, http.NoBody)
		req.Header.Set("Authorization", "Bearer "+operationsKey)
		res, err := s.venue.Test(req)
		require.NoError(t, err)
		assert.Equal(t, want, res.StatusCode, target)
		require.NoError(t, res.Body.Close())
	}
}
