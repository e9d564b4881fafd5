// Package negotiate reads what a browser says of the file that it asks for:
// whether it takes it compressed, and whether it has it already.
//
// It owns no file and writes no answer. It imports no other package of the
// product; whoever serves pages may use it.
package negotiate

import (
	"strconv"
	"strings"
)

// Gzip reports whether an Accept-Encoding header (RFC 9110, 12.5.3) takes gzip;
// "*" is no invitation.
func Gzip(accept string) bool {
	for coding := range strings.SplitSeq(accept, ",") {
		name, weight, weighted := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		if !weighted {
			return true
		}
		_, value, _ := strings.Cut(weight, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return err == nil && q > 0
	}
	return false
}

// Known reports whether an If-None-Match header has the entity tag, compared
// weakly (RFC 9110, 13.1.2). The tag is given with its quotes.
func Known(noneMatch, etag string) bool {
	for candidate := range strings.SplitSeq(noneMatch, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == etag {
			return true
		}
	}
	return false
}
