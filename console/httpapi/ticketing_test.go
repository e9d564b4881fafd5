package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/desk"
	"fairgate/console/httpapi"
	booking "fairgate/ticketing/httpapi"
)

// kept is an audit log in memory.
type kept struct {
	httpapi.Audit
	entries []console.AuditEntry
}

func (k *kept) Append(_ context.Context, e console.AuditEntry) (console.AuditEntry, error) {
	k.entries = append(k.entries, e)
	return e, nil
}

// counter is a box office counter: the API before a booking system that answers
// as told and remembers what it was asked.
type counter struct {
	app    *fiber.App
	audit  *kept
	asked  []*http.Request
	bodies []string
	answer http.HandlerFunc
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{audit: &kept{}, answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"answered":"`+r.Method+`"}`)
	}}
	house := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.asked, c.bodies = append(c.asked, r), append(c.bodies, string(body))
		c.answer(w, r)
	}))
	t.Cleanup(house.Close)
	client, err := desk.New(house.URL, "the-house-key", desk.Options{Timeout: 300 * time.Millisecond, MaxAnswer: 1000})
	require.NoError(t, err)
	c.app = httpapi.New(httpapi.Services{Operators: &who{}, Audit: c.audit, Booking: client}, httpapi.Options{})
	return c
}

// send calls and gives status and body.
func (c *counter) send(t *testing.T, token, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, "/api/v1/ticketing/"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Cookie", "fairgate=secret")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.app.Test(req, 5000)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(text)
}

const change = `{"date":"2026-05-10","paused":true}`

func TestAChangeGoesOnInTheOperatorsNameAndIsAudited(t *testing.T) {
	c := openCounter(t)
	status, body := c.send(t, "boxer-1", http.MethodPost, "pools/main/release/2", change,
		"X-Reason", "%E6%8E%92%E9%98%9F%E5%A4%AA%E9%95%BF", "Idempotency-Key", "k1", "X-Operator", "somebody-else", "Accept-Language", "zh")
	require.Equal(t, http.StatusOK, status, body)
	assert.JSONEq(t, `{"answered":"POST"}`, body)
	require.Len(t, c.asked, 2, "how it stood, and the change")
	assert.Equal(t, "/internal/v1/pools/main/release?date=2026-05-10", c.asked[0].URL.String())
	r := c.asked[1]
	assert.Equal(t, "/internal/v1/pools/main/release/2", r.URL.String())
	assert.JSONEq(t, change, c.bodies[1])
	assert.Equal(t, "Bearer the-house-key", r.Header.Get("Authorization"), "not the operator's")
	assert.Empty(t, r.Header.Get("Cookie"))
	assert.Equal(t, []string{"boxer-1"}, r.Header.Values("X-Operator"))
	assert.Equal(t, "k1", r.Header.Get("Idempotency-Key"))
	assert.Equal(t, "zh", r.Header.Get("Accept-Language"))
	assert.Empty(t, r.Header.Get("X-Reason"))

	require.Len(t, c.audit.entries, 1)
	e := c.audit.entries[0]
	assert.Equal(t, "ticketing.change-stage", e.Action)
	assert.Equal(t, "pool:main/stage:2", e.Object)
	assert.Equal(t, "排队太长", e.Reason)
	assert.JSONEq(t, `{"answered":"GET"}`, e.Before)
	assert.JSONEq(t, change, e.After)
	assert.Equal(t, "boxer-1", e.Actor)
}

func TestAPreviewNeedsNoReasonAndIsNotAudited(t *testing.T) {
	c := openCounter(t)
	status, _ := c.send(t, "boxer-1", http.MethodPost, "pools/main/release/2", `{"date":"2026-05-10","dry_run":true}`)
	assert.Equal(t, http.StatusOK, status)
	assert.Len(t, c.asked, 1)
	assert.Empty(t, c.audit.entries)
}

func TestARefusalOfTheBookingSystemIsPassedOnAndNotAudited(t *testing.T) {
	c := openCounter(t)
	c.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Set-Cookie", "house=1")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"code":"release_exceeds_capacity"}`)
	}
	status, body := c.send(t, "boxer-1", http.MethodPost, "pools/main/release/2", change, "X-Reason", "too long a queue")
	assert.Equal(t, http.StatusConflict, status)
	assert.JSONEq(t, `{"code":"release_exceeds_capacity"}`, body)
	assert.Empty(t, c.audit.entries)
}

func TestWhatIsNotPassedOn(t *testing.T) {
	long := `{"x":"` + strings.Repeat("x", 70<<10) + `"}`
	for name, tt := range map[string]struct {
		token, method, path, body, reason string
		want                              int
		says                              string
	}{
		"nobody":                        {"stranger-1", http.MethodGet, "pools", "", "", http.StatusUnauthorized, ""},
		"an analyst":                    {"analyst-1", http.MethodGet, "pools", "", "", http.StatusForbidden, "ticketing.read"},
		"an operation that is not here": {"boxer-1", http.MethodGet, "outbox", "", "", http.StatusNotFound, ""},
		"another method":                {"boxer-1", http.MethodDelete, "pools/main", "", "", http.StatusMethodNotAllowed, ""},
		"a way up":                      {"boxer-1", http.MethodGet, "pools/%2e%2e/stock", "", "", http.StatusUnprocessableEntity, "pool"},
		"a slash in a parameter":        {"boxer-1", http.MethodGet, "pools/a%2Fb/stock", "", "", http.StatusUnprocessableEntity, "pool"},
		"a line break in a parameter":   {"boxer-1", http.MethodGet, "pools/a%0Ab/stock", "", "", http.StatusUnprocessableEntity, "pool"},
		"a long parameter":              {"boxer-1", http.MethodGet, "pools/" + strings.Repeat("x", 129) + "/stock", "", "", http.StatusUnprocessableEntity, "pool"},
		"a long query":                  {"boxer-1", http.MethodGet, "pools?kind=" + strings.Repeat("x", 2100), "", "", http.StatusUnprocessableEntity, "query"},
		"no reason":                     {"boxer-1", http.MethodPost, "pools/main/release/2", change, "", http.StatusUnprocessableEntity, "X-Reason"},
		"a reason of two letters":       {"boxer-1", http.MethodPost, "pools/main/release/2", change, "ab", http.StatusUnprocessableEntity, "X-Reason"},
		"a reason that is no text":      {"boxer-1", http.MethodPost, "pools/main/release/2", change, "%FF%FE%FD", http.StatusUnprocessableEntity, "X-Reason"},
		"a body that is no JSON":        {"boxer-1", http.MethodPost, "pools/main/release/2", `{"date":`, "because", http.StatusUnprocessableEntity, "body"},
		"a body that is a list":         {"boxer-1", http.MethodPost, "pools/main/release/2", `[]`, "because", http.StatusUnprocessableEntity, "body"},
		"a large body":                  {"boxer-1", http.MethodPost, "pools/main/release/2", long, "because", http.StatusRequestEntityTooLarge, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			c := openCounter(t)
			status, body := c.send(t, tt.token, tt.method, tt.path, tt.body, "X-Reason", tt.reason)
			assert.Equal(t, tt.want, status, body)
			assert.Contains(t, body, tt.says)
			assert.Empty(t, c.asked)
			assert.Empty(t, c.audit.entries)
		})
	}
}

func TestABookingSystemThatDoesNotAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   int
		says   string
	}{
		"it takes too long":        {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, http.StatusGatewayTimeout, "may have been made"},
		"it does not take the key": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, http.StatusBadGateway, "request id"},
		"it sends elsewhere": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
		}, http.StatusBadGateway, "request id"},
		"it says too much": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1001)) }, http.StatusBadGateway, "request id"},
	} {
		t.Run(name, func(t *testing.T) {
			c := openCounter(t)
			c.answer = tt.answer
			status, body := c.send(t, "boxer-1", http.MethodPost, "pools/main/plan", `{}`, "X-Reason", "because")
			assert.Equal(t, tt.want, status)
			assert.Contains(t, body, tt.says)
			assert.NotContains(t, body, "127.0.0.1", "where it stands is nobody's business")
			assert.Empty(t, c.audit.entries)
		})
	}
}

func TestWithoutABookingSystemThereIsNoWay(t *testing.T) {
	c := openCounter(t)
	c.app = httpapi.New(httpapi.Services{Operators: &who{}}, httpapi.Options{})
	status, _ := c.send(t, "boxer-1", http.MethodGet, "pools", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
}

// TestPassagesAreTheBookingSystemsOperations holds the table against the booking
// system's own document, and the console's document against both.
func TestPassagesAreTheBookingSystemsOperations(t *testing.T) {
	text, err := booking.Document()
	require.NoError(t, err)
	own, err := httpapi.Document(text)
	require.NoError(t, err)
	type document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Responses   map[string]any
		}
		Components struct{ Schemas map[string]any }
	}
	var theirs, ours document
	require.NoError(t, json.Unmarshal(text, &theirs))
	require.NoError(t, json.Unmarshal(own, &ours))
	found := 0
	for path, operations := range ours.Paths {
		below, ok := strings.CutPrefix(path, "/api/v1/ticketing/")
		if !ok {
			continue
		}
		for method, operation := range operations {
			found++
			there, ok := theirs.Paths["/internal/v1/"+below][method]
			require.True(t, ok, "%s %s", method, path)
			assert.Equal(t, "ticketing-"+there.OperationID, operation.OperationID)
			assert.NotEmpty(t, operation.Responses)
		}
	}
	assert.Greater(t, found, 40)
	for _, ref := range strings.Split(string(own), `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		assert.Contains(t, ours.Components.Schemas, name)
	}
}
