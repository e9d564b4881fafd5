package httpapi_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
)

// pages are web pages at one address.
type pages struct{ at string }

func (p pages) Owns(path string) bool { return path == p.at }

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, _ = io.WriteString(w, "page at "+r.URL.Path)
}

func TestPagesStandBesideTheAPI(t *testing.T) {
	t.Parallel()
	s := startWith(t, func(_ *server, _ *ticketing.Options, api *httpapi.Options) { api.Pages = pages{"/orders"} })
	plain := start(t)
	ask := func(s *server, method, path string) (status int, kind, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, nil)
		require.NoError(t, err)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer func() { assert.NoError(t, answer.Body.Close()) }()
		content, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, answer.Header.Get("Content-Security-Policy"), string(content)
	}
	status, policy, body := ask(s, http.MethodGet, "/orders")
	assert.Equal(t, http.StatusOK, status, "without a signature: nothing in a page is secret")
	assert.Equal(t, "default-src 'none'", policy)
	assert.Equal(t, "page at /orders", body)
	status, _, body = ask(s, http.MethodHead, "/orders")
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, body)
	for _, c := range []struct{ method, path string }{
		{http.MethodPost, "/orders"},
		{http.MethodGet, "/orders/x"},
		{http.MethodGet, "/nothing"},
		{http.MethodGet, "/api/v1/pools"},
		{http.MethodGet, "/api/v1/nothing"},
		{http.MethodGet, "/internal/v1/outbox"},
		{http.MethodGet, "/healthz"},
	} {
		wantStatus, _, wantBody := ask(plain, c.method, c.path)
		status, policy, body := ask(s, c.method, c.path)
		assert.Equal(t, wantStatus, status, c)
		assert.Equal(t, wantBody, body, c)
		assert.Empty(t, policy, c)
	}
}
