package document_test

import (
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/document"
)

// TestReasonsInBothLanguages holds that every refusal says why in Chinese too.
func TestReasonsInBothLanguages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		kind                document.Type
		number, nationality string
	}{
		{"visa", "1", ""},
		{document.PRCID, "\xff", ""},
		{document.PRCID, "123", ""},
		{document.PRCID, "110105194912310021", ""},
		{document.PRCID, "110105194902310028", ""},
		{document.PRCID, "110105202812310021", ""},
		{document.ForeignResident, "123", ""},
		{document.HKMacauPermit, "123", ""},
		{document.TaiwanPermit, "123", ""},
		{document.Passport, "12", "GBR"},
		{document.Passport, "12", "CHN"},
		{document.Passport, "P1234567", "United Kingdom"},
	} {
		_, err := document.Parse(c.kind, c.number, c.nationality, now)
		var refused *document.Error
		require.ErrorAs(t, err, &refused, c.number)
		assert.NotEmpty(t, refused.Reason)
		found := false
		for _, r := range refused.ReasonZH {
			found = found || unicode.Is(unicode.Han, r)
		}
		assert.True(t, found, "%s: %q", refused.Reason, refused.ReasonZH)
	}
}

// TestEveryDigitCounts changes every character of a valid number in turn.
func TestEveryDigitCounts(t *testing.T) {
	t.Parallel()
	const valid = "34052419800101001X"
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range valid {
		for _, c := range "0123456789X" {
			changed := valid[:i] + string(c) + valid[i+1:]
			_, err := document.Parse(document.PRCID, changed, "", now)
			assert.Equal(t, changed == valid, err == nil, changed)
		}
	}
}

func TestBorn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		doc  document.Document
		want string
	}{
		{document.Document{Type: document.PRCID, Number: "34052419800101001X"}, "1980-01-01"},
		{document.Document{Type: document.ForeignResident, Number: "911124198108030024"}, "1981-08-03"},
		{document.Document{Type: document.ForeignResident, Number: "FRA110081080301"}, ""},
		{document.Document{Type: document.Passport, Number: "P1234567"}, ""},
	} {
		born, known := c.doc.Born()
		assert.Equal(t, c.want != "", known)
		if known {
			assert.Equal(t, c.want, born.Format(time.DateOnly))
		}
	}
}
