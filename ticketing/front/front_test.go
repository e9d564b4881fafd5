package front

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func served(t *testing.T, h *Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path // as it came, without being tidied
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	defer func() { require.NoError(t, r.Body.Close()) }()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

func embeddedFront(t *testing.T) *Handler {
	t.Helper()
	h, err := New()
	require.NoError(t, err)
	return h
}

func TestThePagesAreEmbedded(t *testing.T) {
	t.Parallel()
	h := embeddedFront(t)
	index := served(t, h, http.MethodGet, "/")
	assert.Equal(t, http.StatusOK, index.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", index.Header.Get("Content-Type"))
	assert.Equal(t, "no-cache", index.Header.Get("Cache-Control"))
	body := text(t, index)
	assert.NotContains(t, body, "<script>", "nothing inline: the policy forbids it")
	assert.NotContains(t, body, "style=")
	assert.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, body, "nothing from elsewhere")
	named := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(body, -1)
	require.NotEmpty(t, named)
	for _, n := range named {
		asset := served(t, h, http.MethodGet, n[1])
		assert.Equal(t, http.StatusOK, asset.StatusCode, n[1])
		assert.Equal(t, "public, max-age=31536000, immutable", asset.Header.Get("Cache-Control"), n[1])
		assert.Regexp(t, `^text/(javascript|css); charset=utf-8$`, asset.Header.Get("Content-Type"), n[1])
		assert.Regexp(t, `-[\w-]{8}\.(js|css)$`, n[1], "an asset that may be kept for ever is named for its content")
	}
	for path := range h.files {
		assert.Regexp(t, `-[\w-]{8}\.\w+$`, path)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := embeddedFront(t)
	for _, path := range []string{"/", "/orders/x", "/nothing", "/assets/nothing.js"} {
		header := served(t, h, http.MethodGet, path).Header
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
			assert.Contains(t, header.Get("Content-Security-Policy"), want, path)
		}
		assert.NotContains(t, header.Get("Content-Security-Policy"), "unsafe", path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"), path)
	}
}

// TestOnlyItsOwnPathsFallBackToThePage reads the list that the application's
// router is held to as well.
func TestOnlyItsOwnPathsFallBackToThePage(t *testing.T) {
	t.Parallel()
	h := embeddedFront(t)
	var paths map[string]bool
	list, err := os.ReadFile("web/test/paths.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(list, &paths))
	maps.Copy(paths, map[string]bool{ // which no router sees
		"": false, "/index.html": false, "/favicon.ico": false, "/pools//book": false, "//orders": false,
		"/api/v1/nothing": false, "/internal/v1/pools": false, "/healthz": false,
		"/assets/": false, "/assets": false, "/assets/nothing.js": false,
		"/../go.mod": false, "/assets/../index.html": false, "/assets/..%2findex.html": false,
		"/pools/..": false, "/pools/../book": false, "/orders/.": false,
	})
	for path, want := range paths {
		assert.Equal(t, want, h.Owns(path), path)
		status := http.StatusOK
		if !want {
			status = http.StatusNotFound
		}
		assert.Equal(t, status, served(t, h, http.MethodGet, path).StatusCode, path)
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	t.Parallel()
	h := embeddedFront(t)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		refused := served(t, h, method, "/")
		assert.Equal(t, http.StatusMethodNotAllowed, refused.StatusCode, method)
		assert.Equal(t, "GET, HEAD", refused.Header.Get("Allow"), method)
	}
	head := served(t, h, http.MethodHead, "/")
	assert.Equal(t, http.StatusOK, head.StatusCode)
	assert.NotEmpty(t, head.Header.Get("Content-Length"))
	assert.Empty(t, text(t, head))
}

// one is a front of known content.
func one(t *testing.T) *Handler {
	t.Helper()
	h, err := newHandler(fstest.MapFS{
		"index.html":             {Data: []byte(strings.Repeat("<p>page</p>", 100))},
		"assets/app-12345678.js": {Data: []byte(strings.Repeat("let a;", 100))},
		"assets/a-12345678.css":  {Data: []byte("a{}")}, // longer when compressed
	})
	require.NoError(t, err)
	return h
}

func TestCompression(t *testing.T) {
	t.Parallel()
	h := one(t)
	for accept, want := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "deflate, gzip ; q=1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip;q=0.000": false, "gzip;q=x": false, "*": false, "xgzip": false,
	} {
		r := served(t, h, http.MethodGet, "/assets/app-12345678.js", "Accept-Encoding", accept)
		assert.Equal(t, "Accept-Encoding", r.Header.Get("Vary"), accept)
		assert.Equal(t, want, r.Header.Get("Content-Encoding") == "gzip", accept)
		if !want {
			assert.Equal(t, strings.Repeat("let a;", 100), text(t, r))
			continue
		}
		unzip, err := gzip.NewReader(r.Body)
		require.NoError(t, err)
		content, err := io.ReadAll(unzip)
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat("let a;", 100), string(content))
	}
	small := served(t, h, http.MethodGet, "/assets/a-12345678.css", "Accept-Encoding", "gzip")
	assert.Empty(t, small.Header.Get("Content-Encoding"), "what would grow is sent as it is")
}

func TestWhatIsUnchangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h := one(t)
	plain := served(t, h, http.MethodGet, "/").Header.Get("ETag")
	zipped := served(t, h, http.MethodGet, "/", "Accept-Encoding", "gzip").Header.Get("ETag")
	require.NotEmpty(t, plain)
	assert.NotEqual(t, plain, zipped, "a tag names bytes, not a page")
	for given, want := range map[string]int{
		plain: 304, "W/" + plain: 304, `"x", ` + plain: 304, "*": 304,
		zipped: 200, `"x"`: 200, "": 200, strings.Trim(plain, `"`): 200,
	} {
		r := served(t, h, http.MethodGet, "/", "If-None-Match", given)
		assert.Equal(t, want, r.StatusCode, given)
		if want == http.StatusNotModified {
			assert.Empty(t, text(t, r))
			assert.Equal(t, plain, r.Header.Get("ETag"))
		}
	}
}

func TestABrokenDistIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dist fstest.MapFS
		want string
	}{
		"no page":       {fstest.MapFS{"assets/a-12345678.js": {Data: []byte("a")}}, "index.html is missing"},
		"empty":         {fstest.MapFS{}, "index.html is missing"},
		"stray file":    {fstest.MapFS{"index.html": {Data: []byte("a")}, "secret.txt": {Data: []byte("a")}}, "secret.txt"},
		"unknown kind":  {fstest.MapFS{"index.html": {Data: []byte("a")}, "assets/a.unheardof": {Data: []byte("a")}}, "unknown kind of file"},
		"another level": {fstest.MapFS{"index.html": {Data: []byte("a")}, "more/a.js": {Data: []byte("a")}}, "more/a.js"},
	} {
		_, err := newHandler(c.dist)
		assert.ErrorContains(t, err, c.want, name)
	}
}
