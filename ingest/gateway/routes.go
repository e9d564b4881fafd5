package gateway

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"fairgate/ingest"
)

// DefaultMaxBody is the largest body of a request, in bytes, where neither
// site nor route says otherwise.
const DefaultMaxBody = 64 << 10

// Routes is the compiled route table. It is immutable and safe for concurrent
// use.
type Routes struct {
	routes   map[string][]*route // by method, the more literal pattern first
	reads    *route              // GET, HEAD and OPTIONS that nothing matches
	writes   *route              // nil: an unmatched write is refused
	sessions []selector          // where a session token is looked for besides Authorization
	cookies  []string            // that the gateway reads, and so must be single
	private  [][]string          // prefixes, in segments, that nobody reaches from outside
	maxBody  int
}

// route is one entry of the table.
type route struct {
	id         string
	method     string
	segments   []segment
	kind       ingest.Kind
	policy     ingest.Policy
	maxBody    int
	public     bool // the Authorization header says nothing here
	bestEffort bool // forward even where the intent could not be made durable
	collector  bool // answered here, see collect.go

	keys     []selector
	headers  []string  // that carry keys, and so must be single
	body     *jsonNode // ids index keys
	form     bool
	claim    string
	response *jsonNode // ids index fields
	fields   []field
}

// segment of a pattern: a literal, in lower case, or a parameter.
type segment struct {
	literal, param string
}

//go:embed routes.yaml
var defaultRoutes []byte

// DefaultRoutes is the table for the public HTTP API of the ticketing service
// that is part of the product. An error cannot happen in a built program: a
// test loads it.
func DefaultRoutes() (*Routes, error) {
	routes, err := LoadRoutes(defaultRoutes)
	if err != nil {
		return nil, fmt.Errorf("embedded routes.yaml: %w", err)
	}
	return routes, nil
}

// MaxBody is the largest body that any route accepts, in bytes.
func (t *Routes) MaxBody() int { return t.maxBody }

// Len is the number of routes in the table.
func (t *Routes) Len() int {
	n := 0
	for _, routes := range t.routes {
		n += len(routes)
	}
	return n
}

// IDs lists the ids by which routes can be turned, in order: those of the table
// and that of reads which nothing in it matches. Beacons are never acted on and
// have none.
func (t *Routes) IDs() []string {
	ids := []string{t.reads.id}
	for _, routes := range t.routes {
		for _, r := range routes {
			ids = append(ids, r.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// find returns the route of a method and canonical path with the values of the
// path's parameters, still escaped. It is lenient where upstreams are:
// literals match in any case, and a trailing slash or ";parameters" of a
// segment do not hide the route. HEAD and OPTIONS count as GET. Where nothing
// matches, safe methods have the unmatched route; others have none. No method
// has a route below a private prefix.
func (t *Routes) find(method, path string) (*route, []string) {
	if t.hides(path) {
		return nil, nil
	}
	if method == "HEAD" || method == "OPTIONS" {
		method = "GET"
	}
	var room [16]string
	parts := room[:0]
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		part, _, _ = strings.Cut(part, ";")
		parts = append(parts, part)
	}
	for _, r := range t.routes[method] {
		if values, ok := r.match(parts); ok {
			return r, values
		}
	}
	if method == "GET" {
		return t.reads, nil
	}
	return t.writes, nil
}

func (r *route) match(parts []string) ([]string, bool) {
	if len(parts) != len(r.segments) {
		return nil, false
	}
	var values []string
	for i, s := range r.segments {
		switch {
		case s.param != "":
			values = append(values, parts[i])
		case !strings.EqualFold(s.literal, parts[i]):
			return nil, false
		}
	}
	return values, true
}

// param is the place of a parameter among the values of find, or -1.
func (r *route) param(name string) int {
	n := 0
	for _, s := range r.segments {
		if s.param == "" {
			continue
		}
		if s.param == name {
			return n
		}
		n++
	}
	return -1
}
