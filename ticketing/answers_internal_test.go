package ticketing

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"fairgate/ticketing/vault"
)

// FuzzAnswers holds that whatever JSON is sent as answers is refused by the name
// of a field, or kept as text within the field's bounds.
func FuzzAnswers(f *testing.F) {
	v, err := vault.New([][]byte{make([]byte, 32)}, make([]byte, 32))
	require.NoError(f, err)
	s, most := &Service{vault: v}, 10.0
	fields := []Field{
		{ID: "text", Type: FieldText, MaxLength: 5, Required: true},
		{ID: "secret", Type: FieldText, Personal: true},
		{ID: "number", Type: FieldNumber, Max: &most, Personal: true},
		{ID: "choice", Type: FieldChoice, Options: []string{"a", "b"}},
		{ID: "boolean", Type: FieldBoolean},
		{ID: "date", Type: FieldDate},
	}
	for _, seed := range []string{
		`{"text":"一二三","secret":"x","number":1e1,"choice":"a","boolean":true,"date":"2026-05-10"}`,
		`{"text":" ","number":"1"}`, `{"text":"\u0000"}`, `{"text":"a","number":1e308}`, `{"text":"a","date":"2026-02-31"}`, `{"x":{}}`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var given Answers
		if json.Unmarshal(body, &given) != nil {
			return
		}
		out, err := s.answersTo(fields, PerOrder, "answers", "", given)
		if err != nil {
			refused, ok := err.(*Error) //nolint:errorlint // it must be this very type
			require.True(t, ok, "%v", err)
			require.True(t, strings.HasPrefix(refused.Field, "answers."), refused.Field)
			return
		}
		require.NotEmpty(t, out, "one is required")
		for _, a := range out {
			require.NotEmpty(t, a.Value)
			require.True(t, utf8.ValidString(a.Value))
			require.Equal(t, a.Personal, len(a.Sealed) > 0)
			if a.Field == "text" {
				require.LessOrEqual(t, utf8.RuneCountInString(a.Value), 5)
			}
		}
	})
}
