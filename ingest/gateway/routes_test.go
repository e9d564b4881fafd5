package gateway

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestDefaultRoutes(t *testing.T) {
	routes, err := DefaultRoutes()
	require.NoError(t, err)
	assert.Equal(t, 33, routes.Len())
	assert.Equal(t, 1<<20, routes.MaxBody(), "of a list of names")
	kinds := map[ingest.Kind]bool{ingest.KindBeacon: true}
	for _, list := range routes.routes {
		for _, r := range list {
			kinds[r.kind] = true
			assert.Equal(t, ingest.FailDegraded, r.policy.FailMode)
		}
	}
	for _, k := range ingest.Kinds() {
		assert.Equal(t, k.Asked(), kinds[k], "every kind that can be asked for has a route, and no other: %s", k)
	}
	for target, id := range map[string]string{
		"POST /api/v1/orders/o-1/transfer": "order-transfer", "GET /api/v1/orders/o-1": "order-read", "HEAD /api/v1/pools": "pools",
		"GET /api/v1/versions": "versions", "GET /": "front-home", "GET /orders/o-1": "front-order", "GET /assets/index.js": "front-asset", "GET /assets/a/b": "unmatched", "OPTIONS /x": "unmatched", "PUT /api/v1/orders": "", "POST /api/v1/orders/o-1": "", "POST /api/v1/orders/": "order-submit",
	} {
		method, path, _ := strings.Cut(target, " ")
		r, _ := routes.find(method, path)
		if id == "" {
			assert.Nil(t, r, target)
			continue
		}
		require.NotNil(t, r, target)
		assert.Equal(t, id, r.id, target)
	}
}

func TestLiteralsComeFirst(t *testing.T) {
	routes, err := LoadRoutes([]byte(`
site: {unmatched_write: forward, max_body: 1KiB}
routes:
  - {id: any, method: GET, path: "/o/{id}", kind: order.read, max_body: 2MiB}
  - {id: mine, method: GET, path: /o/mine, kind: page.read, mode: observe, fail_mode: closed, max_body: "100"}
`))
	require.NoError(t, err)
	mine, _ := routes.find("GET", "/o/mine")
	assert.Equal(t, "mine", mine.id)
	assert.Equal(t, ingest.Policy{Observe: true, FailMode: ingest.FailClosed}, mine.policy)
	assert.Equal(t, 100, mine.maxBody)
	other, params := routes.find("GET", "/o/x%20y")
	assert.Equal(t, "any", other.id)
	assert.Equal(t, []string{"x%20y"}, params)
	write, _ := routes.find("POST", "/else")
	assert.Equal(t, "unmatched", write.id)
	assert.Equal(t, 2<<20, routes.MaxBody())
}

func TestLoadRoutesReportsEveryFaultWithItsLine(t *testing.T) {
	_, err := LoadRoutes([]byte(`site:
  mode: maybe
  fail_mode: soft
  unmatched_write: perhaps
  max_body: 65GiB
  session: ["json:$.a", "nonsense"]
  colour: red
routes:
  - id: a
    method: FETCH
    path: orders
    kind: order.steal
    keys:
      account: "header:X-Account"
      wallet: "json:$.w"
      pool: "path:pool"
      day: "json:day"
      phone: "jwt:phone"
    response: {order_id: "header:X", secret: "json:$.s"}
  - id: a
    method: GET
    path: /x/{id}/{id}
    kind: page.read
    auth: none
    intent: maybe
  - {id: b, method: GET, path: "/y/{a}", kind: page.read}
  - {id: c, method: GET, path: "/y/{b}", kind: page.read}
  - {id: d, method: POST, path: "/z%2f", kind: page.read, keys: {pool: "json:$.p", day: "form:d"}}
  - id: [e]
    method: GET
    path: /e
    kind: page.read
`))
	require.ErrorIs(t, err, ErrRoutes)
	for _, want := range []string{
		`line 2: mode: "maybe"`, `line 3: fail_mode: "soft"`, `line 4: unmatched_write: "perhaps"`, `line 5: max_body: "65GiB"`,
		`line 6: session: "json:$.a"`, `line 6: session: expected SOURCE:NAME`, "line 7: field colour not found",
		`line 10: method: "FETCH"`, `line 11: path: "orders"`, `line 12: kind: "order.steal"`, `line 14: keys: account: "header:X-Account"`,
		`line 15: keys: "wallet" is unknown`, "line 16: keys: pool: the path has no {pool}", `line 17: keys: day: JSON path "day"`,
		"line 18: keys: phone: only account", `line 19: response: order_id: "header:X"`, `line 19: response: "secret" is unknown`,
		`line 20: id: "a" is already used on line 9`, "line 22: path: \"/x/{id}/{id}\" names {id} twice", `line 24: auth: "none"`, `line 25: intent: "maybe"`,
		`line 27: path: "/y/{b}" matches what route "b" matches`, `line 28: path: "/z%2f"`, `line 28: keys: route "d" takes keys from a JSON body and from a form`,
		"line 29: expected a single value",
	} {
		require.ErrorContains(t, err, want)
	}
	for name, content := range map[string]string{"empty": "", "syntax": "routes: [", "two documents": "routes: []\n---\n{}\n", "no routes": "site: {}"} {
		_, err := LoadRoutes([]byte(content))
		require.ErrorIs(t, err, ErrRoutes, name)
	}
}

func FuzzLoadRoutes(f *testing.F) {
	f.Add(defaultRoutes)
	f.Add([]byte(`routes: [{id: a, method: GET, path: "/{x}", kind: page.read, keys: {pool: "path:x"}}]`))
	f.Add([]byte("routes: [{id: &a [*a]}]"))
	f.Add([]byte(`{site: {private: ["/a/"]}, routes: [{id: a, method: GET, path: "/a", kind: page.read}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		routes, err := LoadRoutes(content)
		if (err == nil) == (routes == nil) {
			t.Fatal("a table and an error, or neither")
		}
		if err == nil {
			for _, path := range []string{"/", "/a", "/a/b/c", "/api/v1/orders"} {
				r, params := routes.find("GET", path)
				if r == nil { // private
					continue
				}
				for _, s := range r.keys {
					if s.source == fromPath && r.param(s.name) >= len(params) {
						t.Fatalf("route %q: no value for {%s}", r.id, s.name)
					}
				}
			}
		}
	})
}

func FuzzParseHeaders(f *testing.F) {
	f.Add([]byte("Host: a\r\nCookie: b\r\n\r\n"))
	f.Add([]byte("Host : a\r\n folded\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		headers, refused := parseHeaders(nil, raw)
		if refused != nil {
			return
		}
		_ = checkHeaders(headers, []string{"X-Key"})
		for _, h := range headers {
			if h.Name == "" || strings.ContainsAny(h.Name, " :\r\n\t") || strings.ContainsAny(h.Value, "\r\n\x00") {
				t.Fatalf("header %q: %q", h.Name, h.Value)
			}
		}
	})
}
