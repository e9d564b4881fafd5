package notice

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one another; more of them
// cover the lines above and below.
const maxMarks = 4

// tidied is the text with its lines ended alike and nothing around it.
func (t Text) tidied() Text {
	tidy := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return Text{ZH: tidy(t.ZH), EN: tidy(t.EN)}
}

// line holds a text to one line of so many characters.
func line(field, text string, most int) error {
	if strings.ContainsAny(text, "\n\t") {
		return invalidField(field, "want one line")
	}
	return prose(field, text, most)
}

// prose refuses what is not shown as it is written: invalid UTF-8, control
// characters, marks that turn the direction of writing (CVE-2021-42574),
// invisible and private characters, and towers of combining marks. It also
// refuses what a careless page could take for HTML.
func prose(field, text string, most int) error {
	if !utf8.ValidString(text) {
		return invalidField(field, "is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > most {
		return invalidField(field, "want at most %d characters, got %d", most, n)
	}
	marks := 0
	for _, r := range text {
		if hidden(r) {
			return invalidField(field, "holds the character %U, which is not shown as it is written", r)
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		if marks > maxMarks {
			return invalidField(field, "holds more than %d combining marks in a row", maxMarks)
		}
	}
	if tag.MatchString(text) {
		return invalidField(field, "holds HTML: write text, or limited Markdown")
	}
	return nil
}

// hidden reports whether a character is invisible or changes how others are
// shown. New lines and tabs are for whoever allows them; joiners that scripts
// and emoji need are text.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t', '\u200c', '\u200d':
		return false
	case unicode.ReplacementChar:
		return true
	}
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)
}

var (
	// What CommonMark 0.31 takes for raw HTML, an autolink or a character
	// reference (sections 6.6, 6.5 and 2.5): an angle bracket before a letter,
	// "/", "!" or "?", and an ampersand before a name with a semicolon.
	tag = regexp.MustCompile(`<[A-Za-z/!?]|&(#|[A-Za-z][A-Za-z0-9]*;)`)
	// Images, which load from elsewhere, and link reference definitions, which
	// hide where a link goes.
	refused = regexp.MustCompile(`!\[|\]:`)
	link    = regexp.MustCompile(`\]\([ \t\n]*`)
	allowed = regexp.MustCompile(`^(https://[\p{L}\p{N}]|mailto:[A-Za-z0-9]|tel:[+0-9]|/([^/\\]|$))`)
)

// markdown holds a text of several lines to what limited Markdown may say:
// headings, lists, emphasis, and links that say where they go.
func markdown(field, text string, most int) error {
	if err := prose(field, text, most); err != nil {
		return err
	}
	if refused.MatchString(text) {
		return invalidField(field, "holds an image or a link defined elsewhere")
	}
	for _, at := range link.FindAllStringIndex(text, -1) {
		if !allowed.MatchString(text[at[1]:]) {
			return invalidField(field, "holds a link that goes neither to https:, mailto:, tel: nor to a path of this site")
		}
	}
	return nil
}
