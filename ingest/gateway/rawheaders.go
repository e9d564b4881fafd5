package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"fairgate/ingest/fingerprint"
)

// parseHeaders reads the header lines as they came over the wire and appends
// them to headers. fasthttp's own view loses order and duplicates and accepts
// what other servers read differently, so the gateway decides from these and
// forwards these. Every string is a part of one copy of raw.
func parseHeaders(headers []fingerprint.Header, raw []byte) ([]fingerprint.Header, *refusal) {
	for text := string(raw); text != ""; {
		line, rest, found := strings.Cut(text, "\n")
		text = rest
		if !found || !strings.HasSuffix(line, "\r") {
			return nil, badRequest(codeBadHeader, "", "a header line does not end in CR LF")
		}
		line = line[:len(line)-1]
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !token(name) {
			// Covers "Host : x", a folded line, and a name with a control character.
			return nil, badRequest(codeBadHeader, clipText(name), "a header name may hold only token characters, with no space before the colon")
		}
		value = strings.Trim(value, " \t")
		for i := range len(value) {
			if octets[value[i]]&controlOctet != 0 {
				return nil, badRequest(codeBadHeader, name, fmt.Sprintf("the value has a control character at byte %d", i))
			}
		}
		headers = append(headers, fingerprint.NewHeader(name, value))
	}
	return headers, nil
}

// What an octet of a header may be: octets has a bit for each.
const (
	tokenOctet   = 1 << iota // in a name
	controlOctet             // in no value
)

// octets are looked up for each byte of each header.
var octets = func() (table [256]byte) {
	for c := range table {
		switch c := byte(c); {
		case unreserved(c), c != 0 && strings.IndexByte("!#$%&'*+^`|", c) >= 0:
			table[c] = tokenOctet
		case c < 0x20 && c != '\t', c == 0x7F:
			table[c] = controlOctet
		}
	}
	return table
}()

// token reports whether name is a token of RFC 9110 §5.6.2.
func token(name string) bool {
	for i := range len(name) {
		if octets[name[i]]&tokenOctet == 0 {
			return false
		}
	}
	return len(name) > 0
}

// single lists the headers of which a second one is refused: two servers would
// each choose another.
var single = [...]string{
	"Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Authorization", "Cookie",
	fingerprint.DeviceHeader, fingerprint.ProofHeader, PassHeader, "Idempotency-Key",
}

// checkHeaders refuses what two servers could read differently. extra are the
// headers in which the matched route looks for keys.
func checkHeaders(headers []fingerprint.Header, extra []string) *refusal {
	var seen [len(single)]bool
	var host, length, transfer bool
	for _, h := range headers {
		for i, name := range single {
			if !h.Is(name) {
				continue
			}
			if seen[i] {
				return badRequest(codeDuplicateHeader, name, "the header is given more than once")
			}
			seen[i] = true
		}
		switch h.Lower() {
		case "host":
			host = h.Value != ""
		case "content-length":
			length = true
		case "transfer-encoding":
			transfer = true
		case "x-http-method-override", "x-http-method", "x-method-override":
			return badRequest(codeMethodOverride, h.Name, "the method cannot be overridden by a header")
		case "content-encoding":
			if !strings.EqualFold(h.Value, "identity") {
				return &refusal{http.StatusUnsupportedMediaType, codeEncoding, fmt.Sprintf("content encoding %q is not accepted", clipText(h.Value)), h.Name}
			}
		case "connection":
			if name, bad := namesProtected(h.Value); bad {
				return badRequest(codeBadHeader, "Connection", fmt.Sprintf("%q is not a hop-by-hop header", name))
			}
		}
	}
	if refused := checkSingle(headers, extra); refused != nil {
		return refused
	}
	switch {
	case !host:
		return badRequest(codeBadHeader, "Host", "the header is missing")
	case length && transfer:
		return badRequest(codeFraming, "Transfer-Encoding", "Content-Length and Transfer-Encoding are both given")
	}
	return nil
}

// checkSingle refuses a second header of one of the names.
func checkSingle(headers []fingerprint.Header, names []string) *refusal {
	for _, name := range names {
		count := 0
		for _, h := range headers {
			if h.Is(name) {
				count++
			}
		}
		if count > 1 {
			return badRequest(codeDuplicateHeader, name, "the header is given more than once")
		}
	}
	return nil
}

// namesProtected finds a header that Connection must not name: dropping it
// would make the upstream see another request than the one screened.
func namesProtected(connection string) (string, bool) {
	for name := range strings.SplitSeq(connection, ",") {
		switch name = strings.TrimSpace(name); strings.ToLower(name) {
		case "host", "authorization", "cookie", "content-length", "content-type", "content-encoding", "x-forwarded-for", "x-device-token":
			return name, true
		}
	}
	return "", false
}

// hopByHop reports a header that ends at this hop (RFC 9110 §7.6.1 and the
// older ones that are still met). lower is its name in lower case, named the
// value of Connection.
func hopByHop(lower, named string) bool {
	switch lower {
	case "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
		"transfer-encoding", "upgrade", "expect":
		return true
	}
	if named == "" {
		return false
	}
	for other := range strings.SplitSeq(named, ",") {
		if strings.EqualFold(strings.TrimSpace(other), lower) {
			return true
		}
	}
	return false
}

// clipText bounds what of a visitor's input is repeated in an answer.
func clipText(s string) string {
	const limit = 64
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
