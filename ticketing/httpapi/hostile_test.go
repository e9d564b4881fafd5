package httpapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHostileJSONIsRefusedByName sends what no visitor's client would: each is
// refused soon, by the field or the place, with nothing taken.
func TestHostileJSONIsRefusedByName(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,
		"products":[{"id":"single","name":"成人票","kind":"single"},{"id":"group","name":"团体票","kind":"group"}],"days":[{"date":"2026-05-10","capacity":600}]}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	_, token := s.signUp(1)
	order := func(positions string) string {
		return `{"pool":"main","date":"2026-05-10","positions":[` + positions + `]}`
	}
	const one = `{"name":"王小明","product":"single","document":{"type":"passport","number":"AB123456","nationality":"GBR"}}`
	with := func(old, replacement string) string { return order(strings.Replace(one, old, replacement, 1)) }
	deep := strings.Repeat(`[`, 30_000)
	for name, c := range map[string]struct {
		path, body string
		status     int
		code       string
		field      string
	}{
		"10,000 positions":                 {"/orders", order(strings.Repeat(`{},`, 9999) + `{}`), 422, "invalid_field", "positions"},
		"10,000 positions of a group":      {"/orders/group", `{"product":"group","leader":{"name":"李雷","phone":"13800000000"},` + order(strings.Repeat(`{},`, 9999) + `{}`)[1:], 422, "invalid_field", "positions"},
		"10,000 positions to a new holder": {"/orders/x/transfer", `{"to_phone":"13800000002","positions":[` + strings.Repeat(`{},`, 9999) + `{}]}`, 0, "", ""},
		"10,000 ids to cancel":             {"/orders/x/cancel", `{"positions":[` + strings.Repeat(`"a",`, 9999) + `"a"]}`, 0, "", ""},
		"a string of 1 MB":                 {"/orders", with("王小明", strings.Repeat("王", 340_000)), 413, "body_too_large", ""},
		"a name of 60 KB":                  {"/orders", with("王小明", strings.Repeat("王", 20_000)), 422, "invalid_field", "positions[0].name"},
		"a document of 60 KB":              {"/orders", with("AB123456", strings.Repeat("A", 60_000)), 422, "invalid_field", "positions[0].document.number"},
		"a pool of 60 KB":                  {"/orders", strings.Replace(order(one), `"main"`, `"`+strings.Repeat("m", 60_000)+`"`, 1), 422, "invalid_field", "pool"},
		"a product of 60 KB":               {"/orders", with(`"single"`, `"`+strings.Repeat("m", 60_000)+`"`), 422, "invalid_field", "positions[0].product"},
		"arrays in arrays":                 {"/orders", `{"positions":` + deep + strings.Repeat(`]`, 30_000) + `}`, 400, "invalid_json", ""},
		"arrays without end":               {"/orders", deep, 400, "invalid_json", ""},
		"objects in an unknown field":      {"/orders", `{"x":` + strings.Repeat(`{"x":`, 9_000) + `1` + strings.Repeat(`}`, 9_001), 400, "invalid_json", "x"},
		"a number for a word":              {"/orders", `{"pool":1e400}`, 400, "invalid_json", "pool"},
		"a number in a position":           {"/orders", order(`{"name":1}`), 400, "invalid_json", "positions.name"},
		"a number out of range":            {"/orders", strings.Replace(order(one), `{`, `{"rules_version":99999999999999999999,`, 1), 400, "invalid_json", "rules_version"},
		"a fraction for a whole number":    {"/orders", strings.Replace(order(one), `{`, `{"rules_version":1.5,`, 1), 400, "invalid_json", "rules_version"},
		"not UTF-8":                        {"/orders", with("王小明", "a\xff\xfeb"), 422, "invalid_field", "positions[0].name"},
		"not UTF-8 in a pool":              {"/orders", strings.Replace(order(one), `"main"`, "\"ma\xffin\"", 1), 422, "invalid_field", "pool"},
		"half a surrogate":                 {"/orders", with("王小明", `\ud800`), 422, "invalid_field", "positions[0].name"},
		"a NUL":                            {"/orders", with("王小明", `a\u0000b`), 422, "invalid_field", "positions[0].name"},
		"null for all":                     {"/orders", `{"pool":null,"date":null,"positions":null}`, 422, "invalid_field", "pool"},
		"null":                             {"/orders", `null`, 422, "invalid_field", "pool"},
		"a list":                           {"/orders", `[]`, 400, "invalid_json", ""},
		"nothing":                          {"/orders", ``, 400, "invalid_json", ""},
		"a mark of byte order":             {"/orders", "\xef\xbb\xbf" + order(one), 400, "invalid_json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			got := s.visitor(http.MethodPost, "/api/v1"+c.path, c.body, token)
			assert.Less(t, time.Since(began), 3*time.Second)
			if c.status == 0 { // whatever it is refused for
				assert.GreaterOrEqual(t, got.status, 400, got.body)
				assert.Less(t, got.status, 500, got.body)
				return
			}
			assert.Equal(t, c.status, got.status, got.body)
			assert.Equal(t, c.code, got.text("code"), got.body)
			assert.Equal(t, c.field, got.text("field"), got.body)
			assert.Less(t, len(got.text("detail")), 500, "what was sent is not sent back")
		})
	}
	assert.InDelta(t, 600, s.left("main", "2026-05-10"), 0, "nothing was taken")
	// The gateway refuses a key that is given twice; whoever stands here without
	// one has the last of them, as most parsers do.
	twice := s.visitor(http.MethodPost, "/api/v1/orders", strings.Replace(order(one), `"pool"`, `"pool":"other","pool"`, 1), token)
	assert.Equal(t, http.StatusCreated, twice.status, twice.body)
}

// FuzzOrderBody holds that no body whatsoever is a fault of ours.
func FuzzOrderBody(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"pool":"main","date":"2026-05-10","positions":[{}]}`, booking("main", "2026-05-10", "AB123456"), `{"positions":[{"document":{"number":"\ud800"}}]}`} {
		f.Add([]byte(seed))
	}
	s := start(f)
	s.putPool("main", 0, 10_000_000)
	_, token := s.signUp(1)
	f.Fuzz(func(t *testing.T, body []byte) {
		s.t = t
		got := s.visitor(http.MethodPost, "/api/v1/orders", string(body), token)
		if got.status >= http.StatusInternalServerError || got.status < http.StatusOK {
			t.Fatalf("status %d of %q", got.status, bytes.ToValidUTF8(body, nil))
		}
	})
}
