package document_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/document"
)

func today() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestParse(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name                      string
		kind                      document.Type
		number, nationality, want string // want is the normalised number; empty = refused
	}{
		{"GB 11643 example", document.PRCID, "11010519491231002x", "", "11010519491231002X"},
		{"second example, spaced", document.PRCID, " 340524 19800101 001X ", "", "34052419800101001X"},
		{"full-width digits", document.PRCID, "１１０１０５１９４９１２３１００２Ｘ", "", "11010519491231002X"},
		{"wrong check character", document.PRCID, "110105194912310021", "", ""},
		{"no such day", document.PRCID, "110105194902300020", "", ""},
		{"born today", document.PRCID, "110105202601010027", "", "110105202601010027"},
		{"born tomorrow", document.PRCID, "110105202601020022", "", ""},
		{"region starting with nine", document.PRCID, "91010519491231002X", "", ""},
		{"2017 foreign resident", document.ForeignResident, "USA110182010100", "", "USA110182010100"},
		{"foreign resident of neither form", document.ForeignResident, "US1110182010100", "", ""},
		{"Hong Kong permit", document.HKMacauPermit, "H12345678", "", "H12345678"},
		{"Hong Kong permit with reissues", document.HKMacauPermit, "H1234567802", "", "H1234567802"},
		{"non-Chinese permanent resident", document.HKMacauPermit, "HA1234567", "", "HA1234567"},
		{"permit with a foreign letter", document.HKMacauPermit, "K12345678", "", ""},
		{"Taiwan permit", document.TaiwanPermit, "01234567", "", "01234567"},
		{"older Taiwan permit", document.TaiwanPermit, "0123456701B", "", "0123456701B"},
		{"nine digits", document.TaiwanPermit, "012345670", "", ""},
		{"foreign passport", document.Passport, "l898902c3", "uto", "L898902C3"},
		{"passport without nationality", document.Passport, "L898902C3", "", ""},
		{"PRC passport", document.Passport, "E12345678", "CHN", "E12345678"},
		{"PRC passport with letter", document.Passport, "EA1234567", "CHN", "EA1234567"},
		{"PRC passport with I", document.Passport, "EI1234567", "CHN", ""},
		{"unknown type", document.Type("library_card"), "1", "", ""},
		{"oversized", document.Passport, strings.Repeat("A", 1000), "UTO", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := document.Parse(c.kind, c.number, c.nationality, today())
			if c.want == "" {
				var refused *document.Error
				require.ErrorAs(t, err, &refused)
				if len(c.number) > 3 {
					assert.NotContains(t, err.Error(), c.number, "an error must not repeat the number")
				}
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, got.Number)
		})
	}
}

// TestOddCheckDigit takes ICAO's own specimen for the digit: L898902C3 has 6.
func TestOddCheckDigit(t *testing.T) {
	t.Parallel()
	for number, odd := range map[string]bool{"UTO898902800100": false, "UTO898902800113": false, "UTO898902800101": true, "UTO898902800110": true} {
		doc, err := document.Parse(document.ForeignResident, number, "", today())
		require.NoError(t, err, "never refused for it")
		zh, en := doc.Warning()
		assert.Equal(t, odd, en != "", number)
		assert.Equal(t, odd, zh != "", number)
	}
	passport, err := document.Parse(document.Passport, "L898902C3", "UTO", today())
	require.NoError(t, err)
	_, en := passport.Warning()
	assert.Empty(t, en)
}

func TestKeyIsStableOverReissues(t *testing.T) {
	t.Parallel()
	key := func(kind document.Type, number string) string {
		doc, err := document.Parse(kind, number, "", today())
		require.NoError(t, err)
		return doc.Key()
	}
	assert.Equal(t, key(document.HKMacauPermit, "H12345678"), key(document.HKMacauPermit, "H1234567802"))
	assert.Equal(t, key(document.TaiwanPermit, "01234567"), key(document.TaiwanPermit, "0123456702B"))
	assert.NotEqual(t, key(document.HKMacauPermit, "H12345678"), key(document.HKMacauPermit, "M12345678"))
}

func TestMasked(t *testing.T) {
	t.Parallel()
	doc := document.Document{Type: document.PRCID, Number: "11010519491231002X"}
	assert.Equal(t, "110*************2X", doc.Masked())
	assert.Equal(t, "A***5", document.Document{Type: document.Passport, Number: "A2345"}.Masked())
}

// FuzzParse holds that parsing never panics, that what it accepts is stable
// under a second parse, and that key and mask can be taken of it.
func FuzzParse(f *testing.F) {
	for _, kind := range []document.Type{document.PRCID, document.ForeignResident, document.HKMacauPermit, document.TaiwanPermit, document.Passport} {
		f.Add(string(kind), "11010519491231002X", "CHN")
		f.Add(string(kind), "H1234567802", "GBR")
		f.Add(string(kind), "９１０１-", "")
	}
	f.Fuzz(func(t *testing.T, kind, number, nationality string) {
		doc, err := document.Parse(document.Type(kind), number, nationality, today())
		if err != nil {
			return
		}
		again, err := document.Parse(doc.Type, doc.Number, doc.Nationality, today())
		require.NoError(t, err)
		assert.Equal(t, doc, again)
		assert.NotEmpty(t, doc.Key())
		assert.Len(t, doc.Masked(), len(doc.Number))
		assert.NotEqual(t, doc.Number, doc.Masked())
	})
}
