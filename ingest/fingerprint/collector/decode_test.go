package collector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint/collector"
)

// with is a sound beacon with more fields.
func with(more string) string {
	return `{"v":1,"nonce":"n1.x.y","source":"browser","at":1790000000000` + more + `}`
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat(`"x",`, 255) + `"x"`
	for _, test := range []struct {
		name, body string
		result     collector.Result
		field      string
	}{
		{"nothing", ``, collector.Malformed, ""},
		{"no object", `[1]`, collector.Malformed, ""},
		{"a word", `true`, collector.Malformed, ""},
		{"null", `null`, collector.Malformed, ""},
		{"cut off", with("")[:20], collector.Malformed, ""},
		{"two of them", with("") + with(""), collector.Malformed, ""},
		{"text behind", with("") + "x", collector.Malformed, ""},
		{"not UTF-8", with(",\"traits\":{\"zone\":\"\xff\"}"), collector.Malformed, ""},
		{"NaN", with(`,"pointer":{"speed":NaN}`), collector.Malformed, ""},
		{"Infinity", with(`,"pointer":{"speed":Infinity}`), collector.Malformed, ""},
		{"1 MB", with(`,"traits":{"agent":"` + strings.Repeat("a", 1<<20) + `"}`), collector.TooLarge, ""},
		{"a thousand deep", with(`,"traits":` + strings.Repeat(`{"a":`, 1000) + `1` + strings.Repeat(`}`, 1000)), collector.TooDeep, ""},
		{"a thousand arrays deep", strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000), collector.Malformed, ""},
		{"257 values", with(`,"automation":[` + wide + `]`), collector.TooMany, ""},
		{"twice", with(`,"v":1`), collector.Duplicate, ""},
		{"twice, in another case", with(`,"V":1`), collector.Duplicate, ""},
		{"twice below", with(`,"traits":{"zone":"a","zone":"b"}`), collector.Duplicate, ""},
		{"unknown", with(`,"coordinates":[1,2]`), collector.UnknownField, ""},
		{"unknown below", with(`,"keys":{"text":"secret"}`), collector.UnknownField, ""},
		{"wrong type", with(`,"automation":"webdriver"`), collector.BadValue, "automation"},
		{"a fraction for a count", with(`,"keys":{"presses":1.5}`), collector.BadValue, "keys.presses"},
		{"overflow", with(`,"pointer":{"speed":1e999}`), collector.BadValue, "pointer.speed"},
		{"another version", `{"v":2,"nonce":"n","source":"browser","at":1}`, collector.BadValue, "v"},
		{"no nonce", `{"v":1,"source":"browser","at":1}`, collector.BadValue, "nonce"},
		{"no source", `{"v":1,"nonce":"n","at":1}`, collector.BadValue, "source"},
		{"no clock", `{"v":1,"nonce":"n","source":"browser"}`, collector.BadValue, "at"},
		{"unknown trace", with(`,"automation":["magic"]`), collector.BadValue, "automation"},
		{"trace twice", with(`,"automation":["webdriver","webdriver"]`), collector.BadValue, "automation"},
		{"negative", with(`,"pointer":{"moves":-1}`), collector.BadValue, "pointer"},
		{"a share above one", with(`,"pointer":{"axis":1.5}`), collector.BadValue, "pointer"},
		{"a huge screen", with(`,"traits":{"screen":{"width":1000000}}`), collector.BadValue, "traits.screen.width"},
		{"no hash", with(`,"traits":{"canvas":"<b>"}`), collector.BadValue, "traits.canvas"},
		{"a long agent", with(`,"traits":{"agent":"` + strings.Repeat("a", 513) + `"}`), collector.BadValue, "traits.agent"},
		{"a control character", with(`,"traits":{"zone":"a\u0007"}`), collector.BadValue, "traits.zone"},
		{"many languages", with(`,"traits":{"languages":[` + strings.Repeat(`"zh",`, 16) + `"en"]}`), collector.BadValue, "traits.languages"},
		{"keys without bound", with(`,"keys":{"gap":1e12}`), collector.BadValue, "keys.gap"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := collector.Decode([]byte(test.body))
			var refused *collector.Refusal
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, test.result, refused.Result, refused.Error())
			if test.field != "" {
				assert.Equal(t, test.field, refused.Field)
			}
			assert.GreaterOrEqual(t, refused.Status(), 400)
			assert.NotContains(t, refused.Error(), "secret", "what was sent is not repeated")
		})
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	b, err := collector.Decode([]byte(with(`,"traits":{"screen":{"width":390,"ratio":3},"languages":["zh-CN"]},"pointer":null,"keys":{"presses":4,"gap":120.5}`)))
	require.NoError(t, err)
	assert.Equal(t, 390, b.Traits.Screen.Width)
	assert.InDelta(t, 120.5, b.Keys.Gap, 0)
	assert.Nil(t, b.Pointer)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(with("")))
	f.Add([]byte(with(`,"automation":["webdriver"],"pointer":{"moves":60,"speed":0.5}`)))
	f.Add([]byte(fmt.Sprintf(`{"v":1,"nonce":%q,"source":"mini_program","at":1,"key":{"x":"","y":""}}`, strings.Repeat("n", 200))))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := collector.Decode(body)
		if err != nil {
			var refused *collector.Refusal
			require.ErrorAs(t, err, &refused)
			assert.Contains(t, collector.Results(), refused.Result)
			return
		}
		assert.True(t, b.Source.Valid())
		if b.Pointer != nil {
			require.NoError(t, b.Pointer.Validate())
		}
	})
}
