package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"fairgate/ingest/fingerprint"
)

// PassHeader and PassCookie carry a challenge pass.
const (
	PassHeader = "X-Fairgate-Pass"
	PassCookie = "fgp"
)

// canonicalise brings the request into the one form that is screened and
// forwarded, and refuses what has more than one reading.
func (g *Gateway) canonicalise(x *exchange) error {
	request := x.c.Request()
	x.peer = peerOf(x.c)
	x.method = string(request.Header.Method())
	switch x.method {
	case http.MethodConnect, http.MethodTrace:
		return &refusal{http.StatusMethodNotAllowed, codeMethod, fmt.Sprintf("method %s is not allowed", x.method), ""}
	}
	if refused := x.target(request.Header.RequestURI()); refused != nil {
		return refused
	}
	headers, refused := parseHeaders(x.headers[:0], request.Header.RawHeaders())
	if refused != nil {
		return refused
	}
	if refused = checkHeaders(headers, nil); refused != nil {
		return refused
	}
	x.headers = headers
	if refused = x.singleCookies(g.routes.Load().cookies); refused != nil {
		return refused
	}
	x.body = request.Body()
	return nil
}

// target splits and canonicalises the request target.
func (x *exchange) target(raw []byte) *refusal {
	for i, c := range raw {
		if c <= 0x20 || c == 0x7F || c == '#' {
			return badRequest(codeBadTarget, "target", fmt.Sprintf("the request target has a space, a control character or \"#\" at byte %d", i))
		}
	}
	path, query, _ := strings.Cut(string(raw), "?")
	canonical, refused := canonicalPath(path)
	if refused != nil {
		return refused
	}
	x.path, x.query = canonical, query
	return nil
}

// requestTarget is the target as it is forwarded and signed.
func (x *exchange) requestTarget() string {
	if x.query == "" {
		return x.path
	}
	return x.path + "?" + x.query
}

// singleCookies refuses a second cookie of a name that the gateway reads.
func (x *exchange) singleCookies(names []string) *refusal {
	for _, name := range names {
		if _, count := fingerprint.Cookie(x.headers, name); count > 1 {
			return badRequest(codeDuplicateHeader, "Cookie", fmt.Sprintf("the cookie %q is given more than once", name))
		}
	}
	return nil
}

func tooLarge(limit int) *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, codeBodyTooLarge, fmt.Sprintf("the body is larger than %d bytes", limit), ""}
}
