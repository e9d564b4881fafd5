package watch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"fairgate/enforcement/alert"
)

// maxWords is how long a text of a finding may be, in bytes.
const maxWords = 400

// say makes a text from both languages' formats with the same values.
func say(zh, en string, values ...any) alert.Text {
	return alert.Text{ZH: clip(fmt.Sprintf(zh, values...), maxWords), EN: clip(fmt.Sprintf(en, values...), maxWords)}
}

// join puts texts behind one another.
func join(parts ...alert.Text) alert.Text {
	var zh, en []string
	for _, p := range parts {
		if p != (alert.Text{}) {
			zh, en = append(zh, p.ZH), append(en, p.EN)
		}
	}
	return alert.Text{ZH: clip(strings.Join(zh, "，"), maxWords), EN: clip(strings.Join(en, ", "), maxWords)}
}

// clip shortens a text to so many bytes, between characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const mark = "…"
	most -= len(mark)
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + mark
}

// name keeps a name from elsewhere short enough for a sentence.
func name(s string) string { return clip(s, 60) }

// percent writes a share as whole percents, and never a part as all of it.
func percent(share float64) string {
	p := int(share*100 + 0.5)
	if p == 100 && share < 1 {
		p = 99
	}
	return strconv.Itoa(p)
}

// tenths writes a share as percents with one decimal.
func tenths(share float64) string { return strconv.FormatFloat(share*100, 'f', 1, 64) }

// group writes a number with thousands apart.
func group(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// atMost is n as an int of no more than a finding's number of accounts can be.
func atMost(n uint64) int {
	const most = 1 << 30
	return int(min(n, most))
}

func orElse[T int | float64 | uint64](value, otherwise T) T {
	if value <= 0 {
		return otherwise
	}
	return value
}
