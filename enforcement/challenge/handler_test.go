package challenge_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/ingest"
)

func ask(t *testing.T, h http.Handler, method, target, body string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)))
	var answer map[string]any
	require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
	assert.Equal(t, "no-store", recorder.Header().Get("Cache-Control"))
	return recorder, answer
}

func TestHandlerIssuesAndRedeems(t *testing.T) {
	s := service(t, &clock{start}, keyA)
	h := challenge.NewHandler(s, func(*http.Request) (challenge.Visitor, error) { return of(alice), nil }, nil)
	ticket := s.Ticket(submit(start, alice, "main"), ingest.Decision{Action: ingest.Challenge})
	recorder, _ := ask(t, h, "GET", "/.fairgate/challenge?kind=order.submit&pool=main&ticket="+ticket, "")
	require.Equal(t, http.StatusOK, recorder.Code)
	var issued challenge.Challenge
	require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &issued))

	body := `{"payload":"` + solve(t, issued) + `","kind":"order.submit","pool":"main"}`
	recorder, answer := ask(t, h, "POST", "/.fairgate/challenge", body)
	require.Equal(t, http.StatusOK, recorder.Code)
	assert.Equal(t, "2026-05-01T08:02:00Z", answer["expires_at"])
	token, _ := answer["pass"].(string)
	_, _, ok := s.Verify(token, submit(start, alice, "main"))
	assert.True(t, ok)

	recorder, answer = ask(t, h, "POST", "/.fairgate/challenge", body)
	assert.Equal(t, http.StatusConflict, recorder.Code)
	assert.Equal(t, "challenge_spent", answer["code"])
	assert.Equal(t, "application/problem+json", recorder.Header().Get("Content-Type"))
}

func TestHandlerRefuses(t *testing.T) {
	s := service(t, &clock{start}, keyA)
	who := func(*http.Request) (challenge.Visitor, error) { return of(alice), nil }
	tests := []struct {
		name, method, target, body string
		identify                   challenge.Identify
		status                     int
		code                       string
	}{
		{"method", "PUT", "/", "", who, 405, "method_not_allowed"},
		{"kind", "GET", "/?kind=x", "", who, 422, "invalid_scope"},
		{"pool", "GET", "/?kind=order.submit&pool=" + strings.Repeat("x", 200), "", who, 422, "invalid_scope"},
		{"no ticket", "GET", "/?kind=order.submit", "", who, 422, "invalid_ticket"},
		{"no phone", "POST", "/", `{"kind":"order.submit","grade":"sms","ticket":"` + s.Ticket(submit(start, alice, ""), ingest.Decision{}) + `"}`, who, 409, "sms_unavailable"},
		{"nobody", "GET", "/?kind=order.submit", "", func(*http.Request) (challenge.Visitor, error) { return challenge.Visitor{}, nil }, 403, "no_identity"},
		{"not identified", "GET", "/?kind=order.submit", "", func(*http.Request) (challenge.Visitor, error) {
			return challenge.Visitor{}, errors.New("secret detail")
		}, 503, "unavailable"},
		{"no JSON", "POST", "/", "{", who, 400, "invalid_json"},
		{"too large", "POST", "/", strings.Repeat(" ", 9000), who, 413, "body_too_large"},
		{"no payload", "POST", "/", `{"kind":"order.submit"}`, who, 422, "invalid_payload"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recorder, answer := ask(t, challenge.NewHandler(s, test.identify, nil), test.method, test.target, test.body)
			assert.Equal(t, test.status, recorder.Code)
			assert.Equal(t, test.code, answer["code"])
			assert.NotContains(t, recorder.Body.String(), "secret")
		})
	}
}
