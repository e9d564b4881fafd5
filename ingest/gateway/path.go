package gateway

import (
	"fmt"
	"strings"
)

// canonicalPath gives the one spelling of a path that is matched and
// forwarded, after RFC 3986 §6.2.2: escapes of unreserved characters are
// decoded, other escapes written in upper case, "//" collapsed, "." and ".."
// resolved, characters that need an escape escaped. What servers are known to
// read in more than one way is refused and named: an encoded slash or
// backslash, a NUL or control character, a dot segment hidden in escapes, and
// ".." above the root. The result is its own canonical form.
func canonicalPath(raw string) (string, *refusal) {
	if raw == "" || raw[0] != '/' {
		return "", badRequest(codeBadTarget, "path", "the request target must start with \"/\"")
	}
	if canonicalAlready(raw) {
		return raw, nil
	}
	return canonicalSegments(raw)
}

// canonicalAlready reports a path of unreserved characters with neither empty
// nor dot segments, as most are: canonicalSegments would give it back.
func canonicalAlready(path string) bool {
	for i := 1; i < len(path); i++ {
		switch c := path[i]; {
		case c == '/' && path[i-1] == '/', c == '.' && path[i-1] == '/':
			return false
		case c != '/' && !unreserved(c):
			return false
		}
	}
	return true
}

// canonicalSegments is canonicalPath for a path that starts with "/".
func canonicalSegments(raw string) (string, *refusal) {
	segments := make([]string, 0, 8)
	trailing := false
	for segment := range strings.SplitSeq(raw[1:], "/") {
		canonical, escaped, err := canonicalSegment(segment)
		if err != nil {
			return "", err
		}
		trailing = false
		switch canonical {
		case "", ".", "..":
			if escaped {
				return "", badRequest(codeBadTarget, "path", fmt.Sprintf("segment %q hides a dot segment in escapes", segment))
			}
			trailing = true
			if canonical != ".." {
				continue
			}
			if len(segments) == 0 {
				return "", badRequest(codeBadTarget, "path", "\"..\" leads above the root")
			}
			segments = segments[:len(segments)-1]
		default:
			segments = append(segments, canonical)
		}
	}
	path := "/" + strings.Join(segments, "/")
	if trailing && len(segments) > 0 {
		path += "/"
	}
	return path, nil
}

const upperHex = "0123456789ABCDEF"

// canonicalSegment also reports whether an unreserved character was escaped.
func canonicalSegment(s string) (canonical string, escaped bool, _ *refusal) {
	if plainSegment(s) {
		return s, false, nil
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); i++ {
		c := s[i]
		encoded := c == '%'
		if encoded {
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				return "", false, badRequest(codeBadTarget, "path", fmt.Sprintf("segment %q has an incomplete percent escape", s))
			}
			c = byte(unhex(s[i+1])<<4 | unhex(s[i+2])) //nolint:gosec // two hexadecimal digits
			i += 2
		}
		switch {
		case c < 0x20 || c == 0x7F:
			return "", false, badRequest(codeBadTarget, "path", fmt.Sprintf("segment %q has the control character 0x%02X", s, c))
		case c == '\\' || c == '/':
			return "", false, badRequest(codeBadTarget, "path", fmt.Sprintf("segment %q has a backslash or an encoded slash", s))
		case unreserved(c):
			escaped = escaped || encoded
			b.WriteByte(c)
		case !encoded && strings.IndexByte("!$&'()*+,;=:@", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String(), escaped, nil
}

func plainSegment(s string) bool {
	for i := range len(s) {
		if !unreserved(s[i]) {
			return false
		}
	}
	return true
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}
