package gateway

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree asks for the given paths, ids in order.
func tree(t testing.TB, paths ...string) *jsonNode {
	t.Helper()
	root := &jsonNode{}
	for id, path := range paths {
		steps, err := parseJSONPath(path)
		require.NoError(t, err)
		root.want(steps, id)
	}
	return root
}

func TestScanFindsValues(t *testing.T) {
	want := tree(t, "$.pool", "$.positions[*]", "$.positions[*].document.number", "$.n", "$.ok", "$.none", "$.m[*][*]")
	got := map[int][]string{}
	err := scanJSON([]byte(` {"Pool" : "a\u00e9\n\ud83d\ude00\ud800x\/", "other":{"pool":"no"}, "positions":[{"document":{"number":"E1"}},{"document":{"number":12}},null],
		"n":-1.5e+3,"ok":true,"none":null,"m":[["x","y"],[1]]} `), want, false, func(id int, value string, scalar bool) {
		if !scalar {
			value = "{}"
		}
		got[id] = append(got[id], value)
	})
	require.NoError(t, err)
	assert.Equal(t, map[int][]string{
		0: {"aé\n😀\uFFFDx/"}, 1: {"{}", "{}"}, 2: {"E1", "12"}, 3: {"-1.5e+3"}, 4: {"true"}, 6: {"x", "y", "1"},
	}, got)
}

func TestScanFoldsKeysAsGoDoes(t *testing.T) {
	// U+212A is the Kelvin sign, U+017F the long s: encoding/json takes both.
	for _, key := range []string{"ASK", "a\u017fk", "as\u212A"} {
		var decoded struct {
			Ask string `json:"ask"`
		}
		body := []byte(`{"` + key + `":"v"}`)
		require.NoError(t, json.Unmarshal(body, &decoded))
		require.Equal(t, "v", decoded.Ask, key)
		found := ""
		require.NoError(t, scanJSON(body, tree(t, "$.ask"), false, func(_ int, v string, _ bool) { found = v }))
		assert.Equal(t, "v", found, key)
		require.Error(t, scanJSON([]byte(`{"ask":1,"`+key+`":2}`), nil, false, nil), key)
	}
}

func TestScanRefusesDuplicatesInLargeObjects(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + formatInt(int64(i)) + `":1,`)
	}
	large := "{" + b.String()
	require.NoError(t, scanJSON([]byte(large+`"last":1}`), nil, false, nil))
	err := scanJSON([]byte(large+`"last":1,"LAST":2}`), nil, false, nil)
	var bad *jsonError
	require.ErrorAs(t, err, &bad)
	assert.True(t, bad.duplicate)
	require.NoError(t, scanJSON([]byte(large+`"last":1,"last":2}`), nil, true, nil), "an answer may")
}

func TestParseJSONPath(t *testing.T) {
	steps, err := parseJSONPath("$.Positions[*].document.number")
	require.NoError(t, err)
	assert.Equal(t, []string{"positions", "[*]", "document", "number"}, steps)
	for _, bad := range []string{"", "$", "pool", "$pool", "$..a", "$.a[0]", "$.a[*]b", "$.", "$.a."} {
		_, err := parseJSONPath(bad)
		require.Error(t, err, bad)
	}
}

// valid is what the scanner must agree with, apart from its own limits.
func valid(body []byte) bool { return json.Valid(body) }

func FuzzScanJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[1,2.0e-7,-0]`, `{"a":{"a":[null,true,false]}}`, `"\u12ab\ud83d\ude00\\"`, `{"a":1,"A":2}`, `01`, `1.`, `-`, `[1,]`, `{"a"}`,
		`"` + "\xff" + `"`, `nul`, ` 1 1`, `"\x"`, `"` + "\x01" + `"`, strings.Repeat("[", 33), "\ufeff1", `{"positions":[{"document":{"number":"x"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	want := tree(f, "$.a", "$.positions[*].document.number")
	f.Fuzz(func(t *testing.T, body []byte) {
		var found string
		err := scanJSON(body, want, false, func(id int, value string, scalar bool) {
			if id == 0 && scalar {
				found = value
			}
		})
		if err == nil && !valid(body) {
			t.Fatalf("%q was taken and is not JSON", body)
		}
		if err == nil {
			same(t, body, found)
			return
		}
		var bad *jsonError
		if !errors.As(err, &bad) || bad.offset < 0 || bad.offset > len(body) {
			t.Fatalf("%q: error without a place: %v", body, err)
		}
		own := bad.duplicate || strings.HasPrefix(bad.message, "nesting") || !utf8.Valid(body)
		if !own && valid(body) {
			t.Fatalf("%q is JSON and was refused: %v", body, err)
		}
	})
}

// same holds a string found at $.a against what encoding/json makes of it.
func same(t *testing.T, body []byte, found string) {
	t.Helper()
	var decoded struct {
		A any `json:"a"`
	}
	if json.Unmarshal(body, &decoded) != nil {
		return
	}
	if text, ok := decoded.A.(string); ok && !reflect.DeepEqual(text, found) {
		t.Fatalf("%q: found %q, encoding/json %q", body, found, text)
	}
}
