package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/gateway"
)

func TestPrivatePathsAreUnknownFromOutside(t *testing.T) {
	s := newSite(t, nil)
	refused := 0.0
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		for _, path := range []string{
			"/internal/v1/outbox", "/internal", "/internal/", "/INTERNAL/v1/outbox", "/%69nternal/v1", "//internal//v1", "/api/../internal/v1",
			"/internal;a=b/v1", "/;a/internal/v1", "/api/..;/internal/v1", "/internal/v1?x=/api",
		} {
			r := s.send(t, method, path, "")
			require.Equal(t, http.StatusNotFound, r.StatusCode, "%s %s", method, path)
			if method != "HEAD" {
				assert.Equal(t, "unknown_route", problemOf(t, r).Code, "%s %s", method, path)
			}
			refused++
		}
	}
	assert.Empty(t, s.forwarded(), "nothing of it reaches the upstream")
	assert.InDelta(t, refused, s.counter(t, "fairgate_gateway_refused_total", "reason=unknown_route"), 0)
	for _, path := range []string{"/internals", "/api/internal/v1", "/internal/../api", "/intern"} {
		assert.Equal(t, http.StatusOK, s.send(t, "GET", path, "").StatusCode, path)
	}
}

func TestPrivateHidesRoutesToo(t *testing.T) {
	routes := mustRoutes(t, `
site: {private: ["/ops", "/api/v2/"], unmatched_write: forward}
routes:
  - {id: ops, method: GET, path: "/ops/{id}", kind: page.read}
  - {id: api, method: POST, path: /api/v1, kind: page.read}`)
	for target, open := range map[string]bool{"/ops/1": false, "/ops": false, "/Api/V2/x": false, "/api/v1": true, "/api/v21": true, "/opsx": true} {
		for _, method := range []string{"GET", "POST"} {
			_, _, ok := routes.Kind(method, target)
			assert.Equal(t, open, ok, "%s %s", method, target)
		}
	}
}

func TestBadPrivatePrefixes(t *testing.T) {
	_, err := gateway.LoadRoutes([]byte(`site:
  private:
    - internal/
    - /
    - ""
    - //
    - /a/../b
    - /a%2fb
    - /a;b
    - /fine/
routes: [{id: a, method: GET, path: /, kind: page.read}]`))
	require.ErrorIs(t, err, gateway.ErrRoutes)
	for _, want := range []string{
		`line 3: private: "internal/" must start with "/"`, `line 4: private: "/" would hide the whole site`, `line 5: private: "" must start with "/"`,
		`line 6: private: "//" would hide`, `line 7: private: "/a/../b" is not a plain path`, `line 8: private: "/a%2fb": segment`, `line 9: private: "/a;b" is not`,
	} {
		require.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "line 10")
}
