package gateway

import (
	"slices"
	"strings"
)

// private reads one prefix that nobody reaches from outside. It must be
// written as paths are matched: one that is not canonical would hide nothing.
func (l *routeLoader) private(prefix text) {
	canonical, refused := canonicalPath(prefix.value)
	switch {
	case !strings.HasPrefix(prefix.value, "/"):
		l.bad(prefix.line, "private: %q must start with \"/\"", prefix.value)
	case refused != nil:
		l.bad(prefix.line, "private: %q: %s", prefix.value, refused.detail)
	case canonical == "/":
		l.bad(prefix.line, "private: %q would hide the whole site", prefix.value)
	case canonical != prefix.value || strings.Contains(canonical, ";"):
		l.bad(prefix.line, "private: %q is not a plain path, such as \"/internal/\"", prefix.value)
	default:
		l.table.private = append(l.table.private, strings.Split(strings.Trim(canonical, "/"), "/"))
	}
}

// hides reports whether a canonical path is a private prefix or below one, as
// the most lenient upstream may read it: in any case of letters, and with
// ";parameters" dropped from segments before empty and dot segments are
// resolved, so that neither "/;a/internal/" nor "/api/..;/internal/" is a way
// around.
func (t *Routes) hides(path string) bool {
	if len(t.private) == 0 {
		return false
	}
	var room [16]string
	parts := room[:0]
	for part := range strings.SplitSeq(path, "/") {
		part, _, _ = strings.Cut(part, ";")
		switch part {
		case "", ".":
		case "..":
			parts = parts[:max(len(parts)-1, 0)]
		default:
			parts = append(parts, part)
		}
	}
	for _, prefix := range t.private {
		if len(parts) >= len(prefix) && slices.EqualFunc(prefix, parts[:len(prefix)], strings.EqualFold) {
			return true
		}
	}
	return false
}
