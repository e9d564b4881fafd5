package gateway

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of a JSON body; its length is limited before it is scanned.
const (
	maxJSONDepth = 32
)

// jsonError says at which byte a document ends being what the gateway takes.
type jsonError struct {
	offset    int
	message   string
	duplicate bool // a key given twice; everything else is malformed
}

func (e *jsonError) Error() string { return fmt.Sprintf("%s at byte %d", e.message, e.offset) }

// scanJSON walks a JSON document (RFC 8259) once, without building it, and
// calls the sinks of want for the values they ask for. It refuses duplicate
// keys, because which of the two counts differs between parsers; keys that
// differ only in case are duplicates too, and are matched so, because some
// parsers (Go's among them) fold case. Invalid UTF-8 and nesting deeper than
// maxJSONDepth are refused. With lenient, duplicate keys are let pass: that is
// for the upstream's answers.
func scanJSON(body []byte, want *jsonNode, lenient bool, found func(id int, value string, scalar bool)) error {
	s := &jsonScanner{data: body, lenient: lenient, found: found}
	s.space()
	if err := s.value(want, 0); err != nil {
		return err
	}
	s.space()
	if s.pos != len(s.data) {
		return s.fail("text after the document")
	}
	return nil
}

type jsonScanner struct {
	data    []byte
	pos     int
	lenient bool
	found   func(id int, value string, scalar bool)
}

func (s *jsonScanner) fail(message string) error { return &jsonError{offset: s.pos, message: message} }

func (s *jsonScanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// peek is the byte at the position, or 0 at the end (which no token starts
// with).
func (s *jsonScanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *jsonScanner) value(want *jsonNode, depth int) error {
	if depth > maxJSONDepth {
		return s.fail(fmt.Sprintf("nesting deeper than %d", maxJSONDepth))
	}
	start := s.pos
	switch c := s.peek(); {
	case c == '{':
		s.emit(want, "", false)
		return s.object(want, depth)
	case c == '[':
		s.emit(want, "", false)
		return s.array(want, depth)
	case c == '"':
		text, err := s.text(want.wanted())
		if err != nil {
			return err
		}
		if want.wanted() {
			s.emit(want, string(text), true)
		}
		return nil
	case c == '-' || c >= '0' && c <= '9':
		if err := s.number(); err != nil {
			return err
		}
		if want.wanted() {
			s.emit(want, string(s.data[start:s.pos]), true)
		}
		return nil
	default:
		for _, word := range [...]string{"true", "false", "null"} {
			if strings.HasPrefix(string(s.data[s.pos:min(len(s.data), s.pos+len(word))]), word) {
				s.pos += len(word)
				if word != "null" {
					s.emit(want, word, true)
				}
				return nil
			}
		}
		if s.pos >= len(s.data) {
			return s.fail("unexpected end")
		}
		return s.fail(fmt.Sprintf("unexpected character %q", rune(c)))
	}
}

func (s *jsonScanner) emit(want *jsonNode, value string, scalar bool) {
	if want == nil {
		return
	}
	for _, id := range want.ids {
		s.found(id, value, scalar)
	}
}

func (s *jsonScanner) object(want *jsonNode, depth int) error {
	s.pos++
	s.space()
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	var keys keySet
	for {
		s.space()
		at := s.pos
		if s.peek() != '"' {
			return s.fail("expected a key in double quotes")
		}
		key, err := s.text(true)
		if err != nil {
			return err
		}
		key = foldKeyBytes(key)
		if !keys.add(key) && !s.lenient {
			return &jsonError{offset: at, message: fmt.Sprintf("key %q is given twice", clipText(string(key))), duplicate: true}
		}
		s.space()
		if s.peek() != ':' {
			return s.fail("expected a colon")
		}
		s.pos++
		s.space()
		if err := s.value(want.member(key), depth+1); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.fail("expected a comma or a closing brace")
		}
	}
}

func (s *jsonScanner) array(want *jsonNode, depth int) error {
	s.pos++
	s.space()
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		s.space()
		if err := s.value(want.element(), depth+1); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.fail("expected a comma or a closing bracket")
		}
	}
}

// number accepts the grammar of RFC 8259 §6.
func (s *jsonScanner) number() error {
	if s.peek() == '-' {
		s.pos++
	}
	switch c := s.peek(); {
	case c == '0':
		s.pos++
	case c >= '1' && c <= '9':
		s.digits()
	default:
		return s.fail("expected a digit")
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return s.fail("expected a digit after the decimal point")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return s.fail("expected a digit in the exponent")
		}
	}
	return nil
}

func (s *jsonScanner) digits() bool {
	start := s.pos
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > start
}

// text reads a string; its decoded form is made only when keep is set. Without
// escapes that is a part of the document, not a copy.
func (s *jsonScanner) text(keep bool) ([]byte, error) {
	s.pos++
	start, plain := s.pos, true
	var b []byte
	for {
		if s.pos >= len(s.data) {
			return nil, s.fail("the string does not end")
		}
		c := s.data[s.pos]
		switch {
		case c == '"':
			raw := s.data[start:s.pos]
			s.pos++
			if !keep {
				return nil, nil
			}
			if plain {
				return raw, nil
			}
			return b, nil
		case c < 0x20:
			return nil, s.fail(fmt.Sprintf("control character 0x%02X in a string", c))
		case c == '\\':
			if plain {
				plain = false
				b = append(b, s.data[start:s.pos]...)
			}
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			b = utf8.AppendRune(b, r)
		default:
			size := 1
			if c >= utf8.RuneSelf {
				var r rune
				if r, size = utf8.DecodeRune(s.data[s.pos:]); r == utf8.RuneError && size == 1 {
					return nil, s.fail("invalid UTF-8 in a string")
				}
			}
			if !plain {
				b = append(b, s.data[s.pos:s.pos+size]...)
			}
			s.pos += size
		}
	}
}

// escape reads one escape; a surrogate without its partner is U+FFFD, as in
// encoding/json.
func (s *jsonScanner) escape() (rune, error) {
	s.pos++
	c := s.peek()
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		s.pos++
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, s.fail("unknown escape in a string")
	}
	r, ok := hex4(s.data[s.pos+1:])
	if !ok {
		return 0, s.fail("expected four hexadecimal digits")
	}
	s.pos += 5
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if rest := s.data[s.pos:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		if low, ok := hex4(rest[2:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				s.pos += 6
				return pair, nil
			}
		}
	}
	return utf8.RuneError, nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		d := unhex(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d) //nolint:gosec // one hexadecimal digit
	}
	return r, true
}
