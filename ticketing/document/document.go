// Package document knows the identity documents that visitors book with: it
// normalises a typed number, checks its form and, where the form has one, its
// check character, and says which part of it identifies the holder.
//
// It owns no storage and no encryption, and a well-formed number is not a real
// one: whether a document exists is asked of a verifier elsewhere. The type is
// always what the visitor chose and never inferred from the number, because
// the forms overlap.
package document

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Type names a kind of identity document.
type Type string

// The kinds of document that a position can be booked with.
const (
	PRCID           Type = "prc_id"           // resident identity card and residence permits 81–83 (GB 11643)
	ForeignResident Type = "foreign_resident" // foreign permanent resident identity card, 2017 and 2023 forms
	HKMacauPermit   Type = "hk_macau_permit"  // mainland travel permit for Hong Kong and Macau residents
	TaiwanPermit    Type = "taiwan_permit"    // mainland travel permit for Taiwan residents
	Passport        Type = "passport"         // PRC or foreign passport
)

// Valid reports whether t is one of the known kinds.
func (t Type) Valid() bool {
	switch t {
	case PRCID, ForeignResident, HKMacauPermit, TaiwanPermit, Passport:
		return true
	}
	return false
}

// maxNumber bounds the typed number, in bytes, before any work is done on it.
const maxNumber = 64

// Document is a normalised, well-formed identity document. Nationality is an
// ISO 3166 alpha-3 code and set for passports only.
type Document struct {
	Type        Type
	Number      string
	Nationality string
}

// Error says which field of a document is wrong and why, in both languages. It
// never repeats the number itself, so that it can be shown and logged.
type Error struct {
	Field    string // "type", "number" or "nationality"
	Reason   string // in English
	ReasonZH string // in Chinese
}

func refused(field string, why reason) error {
	return &Error{Field: field, Reason: string(why), ReasonZH: why.zh()}
}

// Error implements error.
func (e *Error) Error() string { return e.Field + ": " + e.Reason }

// Parse normalises and checks a document as typed. The day of now bounds dates
// of birth. The error, if any, is an *Error.
func Parse(kind Type, number, nationality string, now time.Time) (Document, error) {
	if !kind.Valid() {
		return Document{}, refused("type", unknownType)
	}
	if len(number) > maxNumber || !utf8.ValidString(number) {
		return Document{}, refused("number", notText)
	}
	doc := Document{Type: kind, Number: normalise(number)}
	if kind == Passport {
		doc.Nationality = strings.ToUpper(strings.TrimSpace(nationality))
		if !isUpper(doc.Nationality) || len(doc.Nationality) != 3 {
			return Document{}, refused("nationality", noNationality)
		}
	}
	if wrong := check(doc, now); wrong != "" {
		return Document{}, refused("number", wrong)
	}
	return doc, nil
}

// Born is the date of birth that the number carries, at midnight UTC: PRC
// resident identity cards and the 2023 form for foreign residents carry one.
func (d Document) Born() (born time.Time, known bool) {
	if (d.Type != PRCID && d.Type != ForeignResident) || len(d.Number) != 18 {
		return time.Time{}, false
	}
	born, err := time.Parse("20060102", d.Number[6:14])
	return born, err == nil
}

// Warning tells, in Chinese and English, what is odd about a number that is
// accepted all the same, or nothing: the check digit of the 2017 card for
// foreign residents has one public source only, so it cannot refuse anybody.
func (d Document) Warning() (zh, en string) {
	if d.Type != ForeignResident || len(d.Number) != 15 || icaoCheck(d.Number[:14]) == d.Number[14] {
		return "", ""
	}
	return oddCheck.zh(), string(oddCheck)
}

// Key is the part of the document that stays the same over its reissues, with
// its type: two documents of one person and kind have the same key. It is as
// personal as the number and must be hashed with a secret before it is stored.
func (d Document) Key() string {
	number := d.Number
	switch d.Type {
	case HKMacauPermit:
		number = number[:9] // the last two of the older eleven count reissues
	case TaiwanPermit:
		number = number[:8] // the older form carries reissue digits and the issuer's mark
	case PRCID, ForeignResident, Passport:
	}
	return string(d.Type) + "\n" + d.Nationality + "\n" + number
}

// Masked shows enough of the number for its holder to recognise it: the first
// three and the last two characters, fewer of short numbers.
func (d Document) Masked() string {
	head, tail := 3, 2
	if len(d.Number) < 9 {
		head, tail = 1, 1
	}
	return d.Number[:head] + strings.Repeat("*", len(d.Number)-head-tail) + d.Number[len(d.Number)-tail:]
}

// normalise trims, applies NFKC and upper case, and drops spaces and hyphens.
func normalise(number string) string {
	number = strings.ToUpper(norm.NFKC.String(number))
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '‐', '‑', '‒', '–', '—', '−':
			return -1
		}
		return r
	}, strings.TrimSpace(number))
}
