package httpapi_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/httpapi"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/sqlstore"
)

const (
	gatewayKey     = "gateway-key-gateway-key-gateway-key"
	enforcementKey = "enforcement-key-enforcement-key-key"
	operationsKey  = "operations-key-operations-key-key-k"
)

// server is the whole booking system on a port of its own, with a clock that
// the test sets.
type server struct {
	t       testing.TB
	base    string
	now     atomic.Int64 // Unix ms
	service *ticketing.Service
	store   *sqlstore.Store
	venue   *fiber.App // what the venue's network reaches
}

func start(tb testing.TB) *server {
	tb.Helper()
	return startWith(tb, func(*server, *ticketing.Options, *httpapi.Options) {})
}

// houseKeys are the booking system's.
func houseKeys() ticketing.Keys {
	return ticketing.Keys{
		Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32),
		Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
	}
}

// startWith lets a test set options before anything starts.
func startWith(tb testing.TB, set func(s *server, service *ticketing.Options, api *httpapi.Options)) *server {
	tb.Helper()
	s, reg := &server{t: tb}, prometheus.NewRegistry() // one for all: their names must not meet
	s.now.Store(time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC).UnixMilli())
	store, err := sqlstore.Open(tb.Context(), "sqlite:"+filepath.Join(tb.TempDir(), "ticketing.db"), sqlstore.Options{Registerer: reg})
	require.NoError(tb, err)
	clock := func() time.Time { return time.UnixMilli(s.now.Load()) }
	s.store = store
	serviceOptions := ticketing.Options{PasswordCost: ticketing.PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1}, StockMaxAge: -1, Registerer: reg}
	apiOptions := httpapi.Options{
		GatewayKeys: [][]byte{[]byte(gatewayKey)}, EnforcementKeys: []string{enforcementKey}, OperationsKeys: []string{operationsKey}, Clock: clock, Registerer: reg,
	}
	apiOptions.Notices, err = notice.New(store, clock, notice.Options{MaxAge: -1, Registerer: reg})
	require.NoError(tb, err)
	serviceOptions.BookingRules = apiOptions.Notices
	apiOptions.Gates, err = checkin.New(store.CheckIn(), houseKeys(), clock, checkin.Options{CountsAge: -1, Registerer: reg})
	require.NoError(tb, err)
	set(s, &serviceOptions, &apiOptions)
	s.service, err = ticketing.NewService(store, houseKeys(), clock, serviceOptions)
	require.NoError(tb, err)
	app, err := httpapi.New(s.service, apiOptions)
	require.NoError(tb, err)
	s.venue = httpapi.OnlyTerminals(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	tb.Cleanup(func() {
		assert.NoError(tb, app.Shutdown())
		assert.NoError(tb, <-served)
		assert.NoError(tb, store.Close())
	})
	s.base = "http://" + listener.Addr().String()
	return s
}

// answer is a status and a decoded JSON body.
type answer struct {
	status int
	body   map[string]any
	header http.Header
}

func (a answer) text(key string) string { s, _ := a.body[key].(string); return s }

// send makes a request as it is; sign adds the gateway's signature to it.
func (s *server) send(method, target, body string, header http.Header, sign bool) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+target, bytes.NewReader([]byte(body)))
	require.NoError(s.t, err)
	maps.Copy(req.Header, header)
	if sign {
		ts, id := strconv.FormatInt(s.now.Load(), 10), uuid.NewString()
		req.Header.Set(httpapi.HeaderTimestamp, ts)
		req.Header.Set(httpapi.HeaderRequestID, id)
		req.Header.Set(httpapi.HeaderSignature, "v1="+httpapi.Sign([]byte(gatewayKey), method, target, ts, id, []byte(body)))
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	out := answer{status: resp.StatusCode, header: resp.Header}
	if len(raw) > 0 && raw[0] == '{' {
		require.NoError(s.t, json.Unmarshal(raw, &out.body), string(raw))
	}
	return out
}

// visitor sends a signed request with a session token.
func (s *server) visitor(method, target, body, token string, extra ...string) answer {
	s.t.Helper()
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if len(extra) == 1 {
		header.Set("Idempotency-Key", extra[0])
	}
	return s.send(method, target, body, header, true)
}

// house sends an unsigned request with a role's key.
func (s *server) house(method, target, body, key string) answer {
	s.t.Helper()
	return s.send(method, target, body, http.Header{"Authorization": {"Bearer " + key}}, false)
}

// signUp registers and signs in the nth person.
func (s *server) signUp(n int) (account, token string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"phone":"138%08d","password":"correct horse"}`, n)
	require.Equal(s.t, http.StatusCreated, s.visitor("POST", "/api/v1/accounts", body, "").status)
	in := s.visitor("POST", "/api/v1/sessions", body, "")
	require.Equal(s.t, http.StatusCreated, in.status)
	return in.text("account_id"), in.text("session_token")
}

func (s *server) putPool(id string, priceFen, capacity int) {
	s.t.Helper()
	got := s.house("PUT", "/internal/v1/pools/"+id, fmt.Sprintf(`{"name":"Main hall","price_fen":%d,"limit_per_order":3,"hold_seconds":600,
		"provisional_cutoff_seconds":86400,"days":[{"date":"2026-05-10","capacity":%d},{"date":"2026-05-11","capacity":%d}]}`,
		priceFen, capacity, capacity), operationsKey)
	require.Equal(s.t, http.StatusOK, got.status, got.body)
}

func booking(pool, date string, passports ...string) string {
	type doc map[string]string
	positions := make([]map[string]any, len(passports))
	for i, number := range passports {
		positions[i] = map[string]any{"name": "王小明", "phone": "13900000000", "document": doc{"type": "passport", "number": number, "nationality": "GBR"}}
	}
	out, _ := json.Marshal(map[string]any{"pool": pool, "date": date, "positions": positions})
	return string(out)
}

func (s *server) left(pool, date string) float64 {
	s.t.Helper()
	got := s.visitor("GET", "/api/v1/pools/"+pool+"/stock?from="+date+"&to="+date, "", "")
	require.Equal(s.t, http.StatusOK, got.status, got.body)
	days, _ := got.body["days"].([]any)
	require.Len(s.t, days, 1)
	day, _ := days[0].(map[string]any)
	left, _ := day["left"].(float64)
	return left
}

func TestFreeBookingEndToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 5)
	account, token := s.signUp(1)

	booked := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456", "AB123457"), token)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	id := booked.text("order_id")
	assert.Equal(t, "provisional", booked.text("state"))
	assert.Equal(t, "2026-05-08T16:00:00.000Z", booked.text("provisional_until"))
	assert.Nil(t, booked.body["hold_expires_at"])
	positions, _ := booked.body["positions"].([]any)
	require.Len(t, positions, 2)
	first, _ := positions[0].(map[string]any)
	assert.Equal(t, "王**", first["name_masked"])
	assert.Equal(t, "A******6", first["document_masked"])
	assert.InDelta(t, 3, s.left("main", "2026-05-10"), 0)

	again := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token)
	assert.Equal(t, http.StatusConflict, again.status)
	assert.Equal(t, "document_taken", again.text("code"))
	assert.Equal(t, "application/problem+json", again.header.Get("Content-Type"))

	moved := s.visitor("POST", "/api/v1/orders/"+id+"/change", `{"date":"2026-05-11"}`, token)
	require.Equal(t, http.StatusOK, moved.status, moved.body)
	assert.Equal(t, "2026-05-11", moved.text("date"))
	assert.InDelta(t, 5, s.left("main", "2026-05-10"), 0)

	other, otherToken := s.signUp(2)
	given := s.visitor("POST", "/api/v1/orders/"+id+"/transfer", `{"to_phone":"13800000002"}`, token)
	require.Equal(t, http.StatusOK, given.status, given.body)
	assert.Equal(t, other, given.text("account_id"))
	assert.Equal(t, http.StatusNotFound, s.visitor("GET", "/api/v1/orders/"+id, "", token).status)
	assert.Equal(t, http.StatusOK, s.visitor("GET", "/api/v1/orders/"+id, "", otherToken).status)
	assert.Equal(t, http.StatusNotFound, s.visitor("POST", "/api/v1/orders/"+id+"/cancel", "", token).status)

	gone := s.visitor("POST", "/api/v1/orders/"+id+"/cancel", "", otherToken)
	assert.Equal(t, "cancelled", gone.text("state"))
	assert.InDelta(t, 5, s.left("main", "2026-05-11"), 0)

	outbox := s.house("GET", "/internal/v1/outbox?after=0&limit=10", "", operationsKey)
	events, _ := outbox.body["events"].([]any)
	require.Len(t, events, 4)
	for i, want := range []string{"order.provisional", "order.changed", "order.transferred", "order.cancelled"} {
		event, _ := events[i].(map[string]any)
		assert.Equal(t, want, event["type"])
		assert.InDelta(t, i+1, event["seq"], 0)
		assert.NotEmpty(t, event["request_id"])
	}
	transferred, _ := events[2].(map[string]any)
	assert.Equal(t, account, transferred["from_account_id"])
}

func TestPricedBookingAndHoldExpiry(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("night", 12_000, 2)
	_, token := s.signUp(1)
	held := s.visitor("POST", "/api/v1/orders", booking("night", "2026-05-10", "AB123456", "AB123457"), token)
	assert.Equal(t, "held", held.text("state"))
	assert.InDelta(t, 24_000, held.body["total_fen"], 0)
	id := held.text("order_id")
	assert.Equal(t, "payment_required", s.visitor("POST", "/api/v1/orders/"+id+"/confirm", "", token).text("code"))
	assert.Equal(t, "sold_out", s.visitor("POST", "/api/v1/orders", booking("night", "2026-05-10", "AB123458"), token).text("code"))

	s.now.Add(601_000)
	assert.InDelta(t, 2, s.left("night", "2026-05-10"), 0, "a reading of the stock releases what has run out")
	assert.Equal(t, "hold_expired", s.visitor("POST", "/api/v1/orders/"+id+"/pay", "", token).text("code"))

	second := s.visitor("POST", "/api/v1/orders", booking("night", "2026-05-10", "AB123456"), token).text("order_id")
	paid := s.visitor("POST", "/api/v1/orders/"+second+"/pay", "", token)
	assert.Equal(t, "confirmed", paid.text("state"))
	assert.NotEmpty(t, paid.text("paid_at"))
	late := s.house("POST", "/internal/v1/orders/"+second+"/withdraw", `{"reason_code":"house_rules"}`, enforcementKey)
	assert.Equal(t, http.StatusConflict, late.status)
	assert.Equal(t, "past_cutoff", late.text("code"))
}

func TestWithdrawAndReinstate(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 1)
	account, token := s.signUp(1)
	id := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token).text("order_id")

	mine := s.house("GET", "/internal/v1/accounts/"+account+"/orders?states=held,provisional", "", enforcementKey)
	orders, _ := mine.body["orders"].([]any)
	require.Len(t, orders, 1)
	for range 2 { // repeated, the same answer
		got := s.house("POST", "/internal/v1/orders/"+id+"/withdraw", `{"reason_code":"house_rules","receipt":"R-1"}`, enforcementKey)
		require.Equal(t, http.StatusOK, got.status, got.body)
		assert.Equal(t, "withdrawn", got.text("state"))
		assert.Equal(t, "R-1", got.text("receipt"))
	}
	assert.InDelta(t, 1, s.left("main", "2026-05-10"), 0, "the place is returned once")

	second := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123457"), token).text("order_id")
	full := s.house("POST", "/internal/v1/orders/"+id+"/reinstate", "", enforcementKey)
	assert.Equal(t, http.StatusConflict, full.status)
	assert.Equal(t, "no_place", full.text("code"))
	s.visitor("POST", "/api/v1/orders/"+second+"/cancel", "", token)
	for range 2 {
		back := s.house("POST", "/internal/v1/orders/"+id+"/reinstate", "", enforcementKey)
		require.Equal(t, http.StatusOK, back.status, back.body)
		assert.Equal(t, "provisional", back.text("state"))
	}

	s.now.Store(time.Date(2026, 5, 8, 16, 0, 0, 0, time.UTC).UnixMilli())
	assert.Equal(t, "past_cutoff", s.house("POST", "/internal/v1/orders/"+id+"/withdraw", `{"reason_code":"x"}`, enforcementKey).text("code"))
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 5)
	body := `{"phone":"13800000001","password":"correct horse"}`
	one := s.visitor("POST", "/api/v1/accounts", body, "", "k1")
	assert.Equal(t, one.body, s.visitor("POST", "/api/v1/accounts", body, "", "k1").body)
	in := s.visitor("POST", "/api/v1/sessions", body, "", "k2")
	assert.Equal(t, in.body, s.visitor("POST", "/api/v1/sessions", body, "", "k2").body, "the same token again")
	token := in.text("session_token")

	first := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token, "k3")
	require.Equal(t, http.StatusCreated, first.status)
	second := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123456"), token, "k3")
	assert.Equal(t, http.StatusCreated, second.status)
	assert.Equal(t, first.body, second.body)
	assert.InDelta(t, 4, s.left("main", "2026-05-10"), 0)
	other := s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-11", "AB123456"), token, "k3")
	assert.Equal(t, http.StatusUnprocessableEntity, other.status)
	assert.Equal(t, "idempotency_mismatch", other.text("code"))

	path := "/api/v1/orders/" + first.text("order_id") + "/cancel"
	assert.Equal(t, "idempotency_mismatch", s.visitor("POST", path, "", token, "k3").text("code"))
}

func TestOnlySignedRequestsAreAccepted(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 5)
	for _, target := range []string{"/api/v1/pools", "/api/v1/nothing"} {
		got := s.send("GET", target, "", nil, false)
		assert.Equal(t, http.StatusUnauthorized, got.status)
		assert.Equal(t, "unsigned_request", got.text("code"))
	}
	ts, id := strconv.FormatInt(s.now.Load(), 10), uuid.NewString()
	header := http.Header{
		httpapi.HeaderTimestamp: {ts}, httpapi.HeaderRequestID: {id},
		httpapi.HeaderSignature: {"v1=" + httpapi.Sign([]byte(gatewayKey), "GET", "/api/v1/pools", ts, id, nil)},
	}
	assert.Equal(t, http.StatusOK, s.send("GET", "/api/v1/pools", "", header, false).status)
	assert.Equal(t, http.StatusUnauthorized, s.send("GET", "/api/v1/pools", "", header, false).status, "a replay")

	assert.Equal(t, http.StatusUnauthorized, s.visitor("GET", "/internal/v1/outbox", "", "").status, "a signature is no key")
	assert.Equal(t, http.StatusUnauthorized, s.house("GET", "/internal/v1/outbox", "", enforcementKey).status, "the wrong role")
	assert.Equal(t, http.StatusUnauthorized, s.house("POST", "/internal/v1/orders/x/withdraw", "{}", operationsKey).status, "the wrong role")
	assert.Equal(t, http.StatusOK, s.send("GET", "/healthz", "", nil, false).status)
	assert.Equal(t, http.StatusOK, s.send("GET", "/readyz", "", nil, false).status)
}

func TestTheDocumentIsForOperationsOnly(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.house("GET", "/internal/v1/openapi.json", "", operationsKey)
	require.Equal(t, http.StatusOK, got.status)
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
	assert.Equal(t, "3.1.0", got.text("openapi"))
	assert.Equal(t, http.StatusUnauthorized, s.house("GET", "/internal/v1/openapi.json", "", enforcementKey).status)
	assert.Equal(t, http.StatusNotFound, s.visitor("GET", "/api/v1/openapi.json", "", "").status)
}

func TestParametersAreRefusedByName(t *testing.T) {
	t.Parallel()
	s := start(t)
	for target, field := range map[string]string{
		"/internal/v1/outbox?after=x": "after", "/internal/v1/outbox?limit=1.5": "limit", "/internal/v1/outbox?after=99999999999999999999": "after",
	} {
		got := s.house("GET", target, "", operationsKey)
		assert.Equal(t, http.StatusUnprocessableEntity, got.status, target)
		assert.Equal(t, "invalid_field", got.text("code"), target)
		assert.Equal(t, field, got.text("field"), target)
		assert.NotEmpty(t, got.text("detail"), target)
		assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"), target)
		assert.Equal(t, "about:blank", got.text("type"), target)
		assert.Equal(t, http.StatusUnauthorized, s.house("GET", target, "", "").status, "who calls is asked first")
	}
	head := s.send("HEAD", "/internal/v1/outbox", "", http.Header{"Authorization": {"Bearer " + operationsKey}}, false)
	assert.Equal(t, http.StatusOK, head.status, "whatever can be read answers HEAD")
}

func TestSignOutAndForeignTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, token := s.signUp(1)
	assert.Equal(t, http.StatusOK, s.visitor("GET", "/api/v1/orders", "", token).status)
	assert.Equal(t, "unauthenticated", s.visitor("GET", "/api/v1/orders", "", token+"x").text("code"))
	assert.Equal(t, "unauthenticated", s.visitor("GET", "/api/v1/orders", "", "").text("code"))
	assert.Equal(t, http.StatusNoContent, s.visitor("DELETE", "/api/v1/sessions", "", token).status)
	assert.Equal(t, http.StatusUnauthorized, s.visitor("GET", "/api/v1/orders", "", token).status)
	_, token = func() (string, string) {
		in := s.visitor("POST", "/api/v1/sessions", `{"phone":"138 0000 0001","password":"correct horse"}`, "")
		return "", in.text("session_token")
	}()
	s.now.Add((24 * time.Hour).Milliseconds())
	assert.Equal(t, http.StatusUnauthorized, s.visitor("GET", "/api/v1/orders", "", token).status, "expired")
	assert.Equal(t, "wrong_credentials", s.visitor("POST", "/api/v1/sessions", `{"phone":"13800000001","password":"wrong horse"}`, "").text("code"))
	assert.Equal(t, "wrong_credentials", s.visitor("POST", "/api/v1/sessions", `{"phone":"13800000009","password":"wrong horse"}`, "").text("code"))
}

func TestBadInputNamesTheField(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 5)
	_, token := s.signUp(1)
	cases := []struct {
		name, method, target, body string
		status                     int
		code, field                string
	}{
		{"malformed", "POST", "/api/v1/orders", `{"pool":`, 400, "invalid_json", ""},
		{"unknown field", "POST", "/api/v1/orders", `{"poll":"main"}`, 400, "invalid_json", "poll"},
		{"wrong type", "POST", "/api/v1/orders", `{"pool":1}`, 400, "invalid_json", "pool"},
		{"two values", "POST", "/api/v1/orders", `{} {}`, 400, "invalid_json", ""},
		{"bad date", "POST", "/api/v1/orders", booking("main", "2026-02-30", "AB123456"), 422, "invalid_field", "date"},
		{"past date", "POST", "/api/v1/orders", booking("main", "2026-04-30", "AB123456"), 409, "date_unavailable", "date"},
		{"no such day", "POST", "/api/v1/orders", booking("main", "2026-06-30", "AB123456"), 409, "date_unavailable", "date"},
		{"no such pool", "POST", "/api/v1/orders", booking("other", "2026-05-10", "AB123456"), 404, "not_found", ""},
		{"nobody", "POST", "/api/v1/orders", booking("main", "2026-05-10"), 422, "invalid_field", "positions"},
		{"too many", "POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123451", "AB123452", "AB123453", "AB123454"), 422, "invalid_field", "positions"},
		{"twice", "POST", "/api/v1/orders", booking("main", "2026-05-10", "AB123451", "ab-123451"), 422, "invalid_field", "positions[1].document.number"},
		{"bad document", "POST", "/api/v1/orders", booking("main", "2026-05-10", "A"), 422, "invalid_field", "positions[0].document.number"},
		{"phone", "POST", "/api/v1/accounts", `{"phone":"12","password":"correct horse"}`, 422, "invalid_field", "phone"},
		{"password", "POST", "/api/v1/accounts", `{"phone":"13800000003","password":"short"}`, 422, "invalid_field", "password"},
		{"taken", "POST", "/api/v1/accounts", `{"phone":"+86 138 0000 0001","password":"correct horse"}`, 409, "phone_taken", "phone"},
		{"no such route", "GET", "/api/v1/nothing", "", 404, "no_such_route", ""},
		{"no such order", "GET", "/api/v1/orders/1", "", 404, "not_found", ""},
		{"stock bounds", "GET", "/api/v1/pools/main/stock?from=x", "", 422, "invalid_field", "from"},
	}
	for _, c := range cases {
		got := s.visitor(c.method, c.target, c.body, token)
		assert.Equal(t, c.status, got.status, c.name)
		assert.Equal(t, c.code, got.text("code"), c.name)
		assert.Equal(t, c.field, got.text("field"), c.name)
	}
	big := s.visitor("POST", "/api/v1/orders", string(bytes.Repeat([]byte("x"), 70_000)), token)
	assert.Equal(t, http.StatusRequestEntityTooLarge, big.status)
	booked := s.house("PUT", "/internal/v1/pools/main", `{"name":"x","limit_per_order":0,"hold_seconds":1}`, operationsKey)
	assert.Equal(t, "limit_per_order", booked.text("field"))
}
