package replay

import (
	"errors"
	"fmt"
	"strings"
)

// parseCombined reads a line of the combined log format,
//
//	address ident user [time] "method target protocol" status bytes "referer" "agent"
//
// into the columns of combinedHeader. Referer and agent may be absent (common
// format); what follows them is passed over. Quoted fields know the escapes
// of Apache (\" \\ \n …) and of nginx (\xHH).
// Source: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html and
// https://nginx.org/en/docs/http/ngx_http_log_module.html
func parseCombined(line string, row []string) ([]string, error) {
	address, rest, ok := strings.Cut(line, " ")
	if !ok || address == "" {
		return nil, errors.New("there is no address at the start")
	}
	_, rest, ok = strings.Cut(rest, " ") // ident
	if !ok {
		return nil, errors.New("there is no user after the address")
	}
	user, rest, ok := strings.Cut(rest, " [")
	if !ok {
		return nil, errors.New("there is no [time]")
	}
	moment, rest, ok := strings.Cut(rest, "] ")
	if !ok {
		return nil, errors.New("the [time] is not closed")
	}
	request, rest, err := quoted(rest)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	method, target, err := splitRequest(request)
	if err != nil {
		return nil, err
	}
	numbers := strings.SplitN(strings.TrimPrefix(rest, " "), " ", 3)
	if len(numbers) < 2 {
		return nil, errors.New("there are no status and bytes after the request")
	}
	row = append(row[:0], address, user, moment, method, target, numbers[0], numbers[1], "", "")
	if len(numbers) == 3 && strings.HasPrefix(numbers[2], `"`) {
		if row[7], rest, err = quoted(numbers[2]); err != nil {
			return nil, fmt.Errorf("referer: %w", err)
		}
		if rest = strings.TrimPrefix(rest, " "); strings.HasPrefix(rest, `"`) {
			if row[8], _, err = quoted(rest); err != nil {
				return nil, fmt.Errorf("user agent: %w", err)
			}
		}
	}
	return row, nil
}

func splitRequest(request string) (method, target string, err error) {
	method, rest, ok := strings.Cut(request, " ")
	end := strings.LastIndexByte(rest, ' ')
	if !ok || end < 0 || !strings.HasPrefix(rest[end+1:], "HTTP/") || !token(method) {
		return "", "", fmt.Errorf("request %q is not METHOD TARGET HTTP/x", clip(request))
	}
	return method, rest[:end], nil
}

func token(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}

// quoted reads a quoted field at the start of s and returns what follows it.
func quoted(s string) (value, rest string, err error) {
	if s == "" || s[0] != '"' {
		return "", "", fmt.Errorf("%q does not start with a quote", clip(s))
	}
	s = s[1:]
	end := strings.IndexAny(s, `"\`)
	if end >= 0 && s[end] == '"' {
		return s[:end], s[end+1:], nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		default:
			i += unescape(&b, s[i+1:])
		}
	}
	return "", "", errors.New("the quote is not closed")
}

// unescape writes what the escape after a backslash stands for and returns
// how many bytes it takes.
func unescape(b *strings.Builder, s string) int {
	switch s[0] {
	case 'n', 'r', 't', 'v', 'b', 'f':
		b.WriteByte(' ')
	case 'x':
		if len(s) >= 3 {
			hi, lo := unhex(s[1]), unhex(s[2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo)) //nolint:gosec // two hex digits
				return 3
			}
		}
		b.WriteByte('x')
	default:
		b.WriteByte(s[0])
	}
	return 1
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
