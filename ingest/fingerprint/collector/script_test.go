package collector_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint/collector"
)

// maxZipped is what the collector may weigh on its way to a visitor, in bytes.
const maxZipped = 15_000

func handler(t *testing.T) *collector.Handler {
	t.Helper()
	g := newGate(t, collector.NewMemory(nil))
	h, err := collector.NewHandler(g.Service, func(r *http.Request) string { return r.Header.Get("Device") })
	require.NoError(t, err)
	return h
}

func get(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestScriptIsSmallAndOurs(t *testing.T) {
	h := handler(t)
	zipped := get(h, http.MethodGet, h.ScriptPath(), "Accept-Encoding", "br, gzip")
	require.Equal(t, "gzip", zipped.Header().Get("Content-Encoding"))
	assert.Less(t, zipped.Body.Len(), maxZipped)
	reader, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	unzipped, err := io.ReadAll(reader)
	require.NoError(t, err)
	plain := get(h, http.MethodGet, h.ScriptPath())
	assert.Equal(t, plain.Body.String(), string(unzipped))
	assert.Empty(t, plain.Header().Get("Content-Encoding"))
	assert.Equal(t, "text/javascript; charset=utf-8", plain.Header().Get("Content-Type"))
	assert.Empty(t, get(h, http.MethodHead, h.ScriptPath()).Body.String())
	assert.Empty(t, get(h, http.MethodGet, h.ScriptPath(), "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))

	text := plain.Body.String()
	assert.NotRegexp(t, "https?:|[`\"']//", text, "no third party")
	assert.NotRegexp(t, `\beval\(|new Function|innerHTML|document\.write|createElement\(.script`, text, "nothing that a strict policy forbids")
	assert.NotRegexp(t, `\.(keyCode|charCode|which)\b|\b\w+\.code\b`, text, "no look at which key")
	assert.NotRegexp(t, `localStorage|sessionStorage|document\.cookie|\.value\b[^=]*\.value`, text, "nothing of the page's own")
}

func TestHandlerAnswers(t *testing.T) {
	h := handler(t)
	assert.Equal(t, http.StatusNotFound, get(h, http.MethodGet, collector.Mount+"/0123456789abcdef.js").Code)
	assert.Equal(t, http.StatusNotFound, get(h, http.MethodGet, collector.Mount).Code)
	refused := get(h, http.MethodPost, collector.NoncePath)
	assert.Equal(t, http.StatusMethodNotAllowed, refused.Code)
	assert.Equal(t, "GET, HEAD", refused.Header().Get("Allow"))
	assert.Equal(t, http.StatusConflict, get(h, http.MethodGet, collector.NoncePath).Code)
	assert.Equal(t, http.StatusOK, get(h, http.MethodGet, collector.NoncePath, "Device", strings.Repeat("0a", 16)).Code)
}

// TestTracesAreNamedAlike holds the script's names to the events'.
func TestTracesAreNamedAlike(t *testing.T) {
	for file, pattern := range map[string]string{
		"web/src/traces.ts": `(?s)export type Trace =(.*?)\n\n`,
		"mini/collector.js": `(?s)automation = (.*?)\n`,
	} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		list := regexp.MustCompile(pattern).FindStringSubmatch(string(source))
		require.Len(t, list, 2, file)
		names := regexp.MustCompile(`'([a-z_]+)'`).FindAllStringSubmatch(list[1], -1)
		require.NotEmpty(t, names, file)
		for _, n := range names {
			if n[1] != "devtools" || file == "web/src/traces.ts" { // which is also a platform's name
				assert.True(t, ingest.Trace(n[1]).Valid(), n[1])
			}
		}
	}
}
