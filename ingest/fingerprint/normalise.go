package fingerprint

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalise brings the spellings of one value together, so that the same
// document typed with full-width digits, spaces or lower case is one document.
// A session token is taken as it is.
func Normalise(p Purpose, value string) string {
	switch p {
	case PurposeDocument:
		return document(value)
	case PurposePhone:
		return phone(value)
	case PurposeClaimed:
		if number := phone(value); len(number) >= 7 {
			return number
		}
		return strings.ToLower(strings.TrimSpace(norm.NFKC.String(value)))
	default:
		return value
	}
}

// document keeps letters and digits, in upper case.
func document(value string) string {
	if upperOrDigits(value) {
		return value // as most come
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(value))
}

func upperOrDigits(value string) bool {
	for i := range len(value) {
		if c := value[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// phone keeps the digits. The international prefix is written as "+"; the
// mainland's own (+86) is dropped before an eleven-digit mobile number, which
// is how most people type it. A value with letters in it is no number.
func phone(value string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(strings.TrimSpace(value)) {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case unicode.IsLetter(r) || r == '@':
			return ""
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	for _, prefix := range []string{"+86", "86"} {
		if rest, ok := strings.CutPrefix(number, prefix); ok && len(rest) == 11 && rest[0] == '1' {
			return rest
		}
	}
	if number == "+" {
		return ""
	}
	return number
}
