package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest"
)

func TestResponsesPassThrough(t *testing.T) {
	s := newSite(t, nil)
	long := strings.Repeat("0123456789", 20_000)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = []string{"a=1; Path=/", "b=2; HttpOnly"}
		switch r.URL.Path {
		case "/chunked":
			for i := 0; i < len(long); i += 50_000 {
				_, _ = io.WriteString(w, long[i:i+50_000])
				_ = http.NewResponseController(w).Flush()
			}
		case "/encoded":
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "opaque")
		case "/moved":
			http.Redirect(w, r, "https://museum.test/elsewhere", http.StatusFound)
		case "/fresh":
			w.Header().Set("Etag", `"v1"`)
			w.WriteHeader(http.StatusNotModified)
		case "/closing":
			w.Header().Set("Connection", "close")
		}
	}
	token, _ := s.tokens.Issue(0)
	get := func(method, target string) *http.Response {
		return s.send(t, method, target, "", "X-Device-Token: "+token)
	}

	r := get("GET", "/chunked")
	assert.Equal(t, long, text(t, r))
	assert.Equal(t, []string{"a=1; Path=/", "b=2; HttpOnly"}, r.Header.Values("Set-Cookie"))
	assert.Equal(t, "text/plain; charset=utf-8", r.Header.Get("Content-Type"))
	r = get("GET", "/encoded")
	assert.Equal(t, "opaque", text(t, r))
	assert.Equal(t, "br", r.Header.Get("Content-Encoding"))
	r = get("GET", "/moved")
	assert.Equal(t, http.StatusFound, r.StatusCode)
	assert.Equal(t, "https://museum.test/elsewhere", r.Header.Get("Location"))
	r = get("GET", "/fresh")
	assert.Equal(t, http.StatusNotModified, r.StatusCode)
	assert.Equal(t, `"v1"`, r.Header.Get("Etag"))
	assert.Empty(t, r.Header.Get("Content-Type"), "none is made up")
	assert.False(t, get("GET", "/closing").Close, "the upstream's connection is not the visitor's")
	r = get("HEAD", "/encoded")
	assert.Equal(t, http.StatusOK, r.StatusCode)
	assert.Empty(t, text(t, r))
}

func TestAnAnswerThatCannotBeReadIsStillGiven(t *testing.T) {
	s := newSite(t, nil)
	s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>not JSON</html>") }
	r := s.send(t, "POST", "/api/v1/orders", booking)
	assert.Equal(t, "<html>not JSON</html>", text(t, r))
	assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_unreadable_responses_total"), 0)
	e := s.events(t, 1)[0]
	assert.Equal(t, ingest.DispositionForwarded, e.Outcome.Disposition)
	assert.Empty(t, e.Order.ID)
}

func TestARefusalOfTheUpstreamIsRecorded(t *testing.T) {
	s := newSite(t, nil)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"title":"Sold out","status":409,"code":"sold_out"}`)
	}
	s.send(t, "POST", "/api/v1/orders/o-7/pay", "")
	e := s.events(t, 1)[0]
	assert.Equal(t, "sold_out", e.Outcome.Code)
	assert.Equal(t, "o-7", e.Order.ID)
	assert.False(t, e.Outcome.Accepted())
}
