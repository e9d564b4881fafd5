package fingerprint

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Header is one header line as it came: case of the name, order and
// duplicates kept.
type Header struct {
	Name, Value string
	lower       string
}

// NewHeader makes a Header that lowers its name once, not with every look at
// it.
func NewHeader(name, value string) Header {
	return Header{Name: name, Value: value, lower: lowerName(name)}
}

// Lower is the name in lower case.
func (h Header) Lower() string {
	if h.lower == "" {
		return strings.ToLower(h.Name)
	}
	return h.lower
}

// Is compares names without regard to case. Both are ASCII (a token, RFC 9110
// §5.6.2), so that names of different lengths differ.
func (h Header) Is(name string) bool {
	return len(h.Name) == len(name) && strings.EqualFold(h.Name, name)
}

// maxUsualName is the length of the longest of usualNames.
const maxUsualName = len("upgrade-insecure-requests")

// usualNames are the names that most requests have, in lower case, so that
// lowering one makes no new string.
var usualNames = func() map[string]string {
	names := make(map[string]string, 64)
	for name := range strings.FieldsSeq(`
		accept accept-encoding accept-language authorization cache-control connection content-encoding content-length
		content-type cookie dnt expect forwarded host idempotency-key if-match if-modified-since if-none-match
		keep-alive origin pragma priority purpose range referer sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform
		sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user te trailer transfer-encoding traceparent
		tracestate upgrade upgrade-insecure-requests user-agent via x-device-telemetry x-device-token x-fairgate-pass
		x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-ja3 x-ja4 x-real-ip x-request-id
		x-requested-with`) {
		names[name] = name
	}
	return names
}()

func lowerName(name string) string {
	if len(name) <= maxUsualName {
		var lower [maxUsualName]byte
		for i := range len(name) {
			c := name[i]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			lower[i] = c
		}
		if usual, ok := usualNames[string(lower[:len(name)])]; ok {
			return usual
		}
	}
	return strings.ToLower(name)
}

// volatile headers come and go with the request, the proxies before the
// gateway or the visitor's state, and so say nothing about the software. lower
// is the name in lower case.
func volatile(lower string) bool {
	switch lower {
	case "content-length", "content-type", "transfer-encoding", "expect", "cookie", "authorization", "referer",
		"origin", "if-none-match", "if-modified-since", "if-match", "range", "cache-control", "pragma", "priority",
		"idempotency-key", "x-device-token", "x-device-telemetry", "x-real-ip", "forwarded", "via", "host", "connection", "purpose",
		"x-requested-with", "x-request-id", "traceparent", "tracestate", "sec-fetch-user", "upgrade-insecure-requests":
		return true
	default:
		return strings.HasPrefix(lower, "x-forwarded-") || strings.HasPrefix(lower, "x-fairgate-")
	}
}

// HeaderOrder is a hash of the names of the headers, their case and order, 16
// hexadecimal digits: a mark of the client software, which a forged user agent
// does not change. skip names one more header to leave out, or is empty.
func HeaderOrder(headers []Header, skip string) string {
	var room [512]byte
	names := room[:0]
	for _, h := range headers {
		if volatile(h.Lower()) || h.Is(skip) {
			continue
		}
		names = append(append(names, h.Name...), '\n')
	}
	if len(names) == 0 {
		return ""
	}
	sum := sha256.Sum256(names)
	var text [16]byte
	hex.Encode(text[:], sum[:8])
	return string(text[:])
}

// Values lists the values of a header, in order.
func Values(headers []Header, name string) []string { return appendValues(nil, headers, name) }

func appendValues(values []string, headers []Header, name string) []string {
	for _, h := range headers {
		if h.Is(name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// First is the first value of a header, or empty.
func First(headers []Header, name string) string {
	for _, h := range headers {
		if h.Is(name) {
			return h.Value
		}
	}
	return ""
}

// Cookie is the value of a cookie, without its quotes, and how often its name
// occurs in all Cookie headers together.
func Cookie(headers []Header, name string) (value string, count int) {
	for _, h := range headers {
		if !h.Is("Cookie") {
			continue
		}
		for pair := range strings.SplitSeq(h.Value, ";") {
			key, val, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if key != name {
				continue
			}
			if count == 0 {
				value = strings.Trim(val, `"`)
			}
			count++
		}
	}
	return value, count
}
