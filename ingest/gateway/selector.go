package gateway

import (
	"errors"
	"fmt"
	"strings"
)

// source is where a key is looked for.
type source string

// The sources of keys.
const (
	fromJSON   source = "json"   // a JSON body
	fromForm   source = "form"   // an application/x-www-form-urlencoded body
	fromHeader source = "header" // a request header
	fromCookie source = "cookie"
	fromQuery  source = "query"
	fromPath   source = "path" // a {name} of the route's pattern
	fromClaim  source = "jwt"  // a claim of the verified token
)

// Valid reports whether s is a known source.
func (s source) Valid() bool {
	switch s {
	case fromJSON, fromForm, fromHeader, fromCookie, fromQuery, fromPath, fromClaim:
		return true
	default:
		return false
	}
}

// keyName is a part of the event that a request can fill.
type keyName string

// The keys of a request.
const (
	keyAccount   keyName = "account"
	keyClaimed   keyName = "claimed"
	keyPhone     keyName = "phone"
	keyDocuments keyName = "documents"
	keyPool      keyName = "pool"
	keyDay       keyName = "day"
	keyPositions keyName = "positions"
	keyOrder     keyName = "order"
	keyPayee     keyName = "payee"
)

// Valid reports whether k is a known key.
func (k keyName) Valid() bool {
	switch k {
	case keyAccount, keyClaimed, keyPhone, keyDocuments, keyPool, keyDay, keyPositions, keyOrder, keyPayee:
		return true
	default:
		return false
	}
}

// field is a part of the outcome that a response can fill.
type field string

// The fields of a response.
const (
	fieldOrderID      field = "order_id"
	fieldOrderState   field = "order_state"
	fieldCode         field = "code"
	fieldSessionToken field = "session_token"
	fieldAccount      field = "account"
)

// fieldCount is how many fields there are; a route names each at most once.
const fieldCount = 5

// Valid reports whether f is a known field.
func (f field) Valid() bool {
	switch f {
	case fieldOrderID, fieldOrderState, fieldCode, fieldSessionToken, fieldAccount:
		return true
	default:
		return false
	}
}

// selector says where one value is, such as "json:$.pool" or "path:id".
type selector struct {
	key    keyName
	source source
	name   string   // header, cookie, parameter or claim
	steps  []string // of a JSON path
}

var errSelector = errors.New("expected SOURCE:NAME with json, form, header, cookie, query, path or jwt as the source")

func parseSelector(text string) (selector, error) {
	from, name, ok := strings.Cut(text, ":")
	s := selector{source: source(from), name: name}
	if !ok || name == "" || !s.source.Valid() {
		return s, fmt.Errorf("%w, not %q", errSelector, text)
	}
	if s.source == fromJSON {
		steps, err := parseJSONPath(name)
		s.steps = steps
		return s, err
	}
	return s, nil
}

// counts reports a selector that ends in [*]: as positions it counts the
// elements, otherwise positions is the number written at its place.
func (s selector) counts() bool { return len(s.steps) > 0 && s.steps[len(s.steps)-1] == eachStep }
