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
}

// volatile headers come and go with the request, the proxies before the
// gateway or the visitor's state, and so say nothing about the software.
func volatile(name string) bool {
	lower := strings.ToLower(name)
	switch lower {
	case "content-length", "content-type", "transfer-encoding", "expect", "cookie", "authorization", "referer",
		"origin", "if-none-match", "if-modified-since", "if-match", "range", "cache-control", "pragma", "priority",
		"idempotency-key", "x-device-token", "x-real-ip", "forwarded", "via", "host", "connection", "purpose",
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
	names := make([]byte, 0, 256)
	for _, h := range headers {
		if volatile(h.Name) || (skip != "" && strings.EqualFold(h.Name, skip)) {
			continue
		}
		names = append(append(names, h.Name...), '\n')
	}
	if len(names) == 0 {
		return ""
	}
	sum := sha256.Sum256(names)
	return hex.EncodeToString(sum[:8])
}

// Values lists the values of a header, in order.
func Values(headers []Header, name string) []string {
	var values []string
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// First is the first value of a header, or empty.
func First(headers []Header, name string) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Cookie is the value of a cookie, without its quotes, and how often its name
// occurs in all Cookie headers together.
func Cookie(headers []Header, name string) (value string, count int) {
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Cookie") {
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
