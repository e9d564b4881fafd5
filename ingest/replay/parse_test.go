package replay

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzParseCombined(f *testing.F) {
	f.Add(`192.0.2.7 - - [10/Oct/2025:13:55:36 +0800] "GET /a?b HTTP/1.1" 200 2326 "https://example.org/" "Mozilla \"x\" \x41\\"`)
	f.Add(`h - u v [t] "G / HTTP/" 1 2`)
	f.Fuzz(func(t *testing.T, line string) {
		row, err := parseCombined(line, nil)
		if err == nil {
			require.Len(t, row, len(combinedHeader()))
		}
	})
}

// FuzzSplitCSV holds the splitter against encoding/csv: what it takes, both
// read alike.
func FuzzSplitCSV(f *testing.F) {
	f.Add(`a,"b ""c"" d",,"e,f"`)
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, line string) {
		if line == "" || strings.ContainsAny(line, "\r\n") {
			return
		}
		row, err := splitCSV(line, ',', nil)
		want, wantErr := csv.NewReader(strings.NewReader(line)).Read()
		require.Equal(t, wantErr == nil, err == nil, "%v against %v", err, wantErr)
		if err == nil {
			require.Equal(t, want, row)
		}
	})
}

func TestCleanPath(t *testing.T) {
	for raw, want := range map[string]string{
		"/": "/", "//": "/", "/a//b/": "/a/b/", "/a/../..": "/", "/a?b=c": "/a", "/a#b": "/a",
		"http://h": "/", "https://h:1/x/./y?z": "/x/y", "/\xff": "/\uFFFD",
	} {
		got, err := cleanPath(raw)
		require.NoError(t, err, raw)
		assert.Equal(t, want, got, raw)
	}
	for _, raw := range []string{"a", "*", "h:443", strings.Repeat("/a", maxPath*4)} {
		_, err := cleanPath(raw)
		require.Error(t, err, clip(raw))
	}
}
