package gateway

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// found is what one selector of the route found in a request.
type found struct {
	values []string
	count  int // of values that are there, composite ones included
}

func (f found) first() string {
	if len(f.values) == 0 {
		return ""
	}
	return f.values[0]
}

// match finds the route of the request and reads the keys it names.
func (g *Gateway) match(x *exchange) error {
	switch {
	case x.path == CollectPath && x.method == http.MethodPost && g.o.Collector != nil:
		x.route = beaconRoute
	case strings.HasPrefix(x.path, ownPrefix):
	default:
		x.route, x.params = g.routes.Load().find(x.method, x.path)
	}
	if x.route == nil {
		return &refusal{http.StatusNotFound, codeUnknownRoute, fmt.Sprintf("there is no %s %s here", x.method, clipText(x.path)), "path"}
	}
	if len(x.body) > x.route.maxBody {
		return tooLarge(x.route.maxBody)
	}
	if refused := checkSingle(x.headers, x.route.headers); refused != nil {
		return refused
	}
	if refused := x.readKeys(); refused != nil {
		return refused
	}
	return nil
}

// readKeys runs the route's selectors over the request.
func (x *exchange) readKeys() *refusal {
	r := x.route
	x.emptyKeys(len(r.keys))
	if r.body != nil && len(x.body) > 0 {
		if refused := x.readJSON(); refused != nil {
			return refused
		}
	}
	places := places{x: x}
	for i, s := range r.keys {
		if s.source == fromJSON || s.source == fromClaim {
			continue // found above; found with the token
		}
		values, refused := places.values(s)
		if refused != nil {
			return refused
		}
		if len(values) > 1 && s.key != keyDocuments {
			return badRequest(codeDuplicateKey, s.name, "the parameter is given more than once")
		}
		x.keys[i].values, x.keys[i].count = append(x.keys[i].values, values...), len(values)
	}
	for i, s := range r.keys {
		if s.key == keyDocuments && x.keys[i].count > ingest.MaxDocuments {
			return badRequest(codeTooManyDocs, s.name, fmt.Sprintf("%d documents, at most %d", x.keys[i].count, ingest.MaxDocuments))
		}
	}
	return nil
}

// emptyKeys makes room for what n selectors find, in the memory of the request
// before.
func (x *exchange) emptyKeys(n int) {
	x.keys = slices.Grow(x.keys[:0], n)[:n]
	for i := range x.keys {
		x.keys[i].values, x.keys[i].count = x.keys[i].values[:0], 0
	}
}

// places are where keys stand besides a JSON body; form and query are parsed
// when the first key asks.
type places struct {
	x           *exchange
	form, query url.Values
}

func (p *places) values(s selector) (values []string, refused *refusal) {
	x := p.x
	switch s.source {
	case fromPath:
		if value, err := url.PathUnescape(x.params[x.route.param(s.name)]); err == nil {
			values = []string{value}
		}
	case fromHeader:
		values = fingerprint.Values(x.headers, s.name)
	case fromCookie:
		if refused = x.singleCookies([]string{s.name}); refused == nil {
			if value, n := fingerprint.Cookie(x.headers, s.name); n > 0 {
				values = []string{value}
			}
		}
	case fromForm:
		if p.form == nil {
			p.form, refused = x.parseForm()
		}
		values = p.form[s.name]
	case fromQuery:
		if p.query == nil {
			p.query, refused = parsePairs(x.query, codeBadTarget, "query")
		}
		values = p.query[s.name]
	default:
	}
	return values, refused
}

// readJSON scans the body whatever its Content-Type says: the upstream may
// not look at that header either.
func (x *exchange) readJSON() *refusal {
	err := scanJSON(x.body, x.route.body, false, func(id int, value string, scalar bool) {
		k := &x.keys[id]
		k.count++
		if scalar {
			k.values = append(k.values, value)
		}
	})
	var bad *jsonError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad) && bad.duplicate:
		return badRequest(codeDuplicateKey, "body", bad.Error())
	default:
		return badRequest(codeBadJSON, "body", err.Error())
	}
}

func (x *exchange) parseForm() (url.Values, *refusal) {
	if len(x.body) == 0 {
		return url.Values{}, nil
	}
	media, _, err := mime.ParseMediaType(fingerprint.First(x.headers, "Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, &refusal{http.StatusUnsupportedMediaType, codeEncoding, "the body must be application/x-www-form-urlencoded", "Content-Type"}
	}
	return parsePairs(string(x.body), codeBadForm, "body")
}

func parsePairs(text, code, where string) (url.Values, *refusal) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, badRequest(code, where, "the parameters have a broken escape or a semicolon")
	}
	return values, nil
}
