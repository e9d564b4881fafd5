package front

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func served(t *testing.T, h *Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", http.NoBody)
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

// built is an application of known content.
func built(t *testing.T) *Handler {
	t.Helper()
	h, err := newHandler(fstest.MapFS{
		".keep":                  {},
		"index.html":             {Data: []byte(`<meta nonce="` + nonceMark + `"><script src="/assets/app-12345678.js" nonce="` + nonceMark + `"></script>`)},
		"assets/app-12345678.js": {Data: []byte(strings.Repeat("let a;", 100))},
		"assets/a-12345678.css":  {Data: []byte("a{}")}, // longer when compressed
	})
	require.NoError(t, err)
	return h
}

func TestWhatIsEmbeddedCanBeServed(t *testing.T) {
	t.Parallel()
	h, err := New()
	require.NoError(t, err)
	page := served(t, h, http.MethodGet, "/")
	body := text(t, page)
	if h.index == nil { // the sources were not built, which is a state of its own
		assert.Equal(t, http.StatusServiceUnavailable, page.StatusCode)
		assert.Contains(t, body, "make web")
		return
	}
	assert.Equal(t, http.StatusOK, page.StatusCode)
	assert.NotContains(t, body, nonceMark)
	assert.NotContains(t, body, "style=")
	assert.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, body, "nothing from elsewhere")
	for _, named := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		asset := served(t, h, http.MethodGet, named[1])
		assert.Equal(t, http.StatusOK, asset.StatusCode, named[1])
	}
	for path := range h.files {
		assert.Regexp(t, `-[\w-]{8}\.\w+$`, path, "an asset that may be kept for ever is named for its content")
	}
}

func TestWithoutABuildEveryPageSaysHowToMakeOne(t *testing.T) {
	t.Parallel()
	h, err := newHandler(fstest.MapFS{".keep": {}})
	require.NoError(t, err)
	page := served(t, h, http.MethodGet, "/alerts")
	assert.Equal(t, http.StatusServiceUnavailable, page.StatusCode)
	assert.Equal(t, "no-store", page.Header.Get("Cache-Control"))
	assert.Contains(t, text(t, page), "make web")
	assert.Equal(t, http.StatusNotFound, served(t, h, http.MethodGet, "/api/v1/alerts").StatusCode)
}

func TestABrokenBuildIsRefused(t *testing.T) {
	t.Parallel()
	index := &fstest.MapFile{Data: []byte(nonceMark)}
	for name, test := range map[string]struct {
		dist fstest.MapFS
		want string
	}{
		"no index":        {fstest.MapFS{"assets/a-12345678.js": {}}, "index.html is missing"},
		"no nonce":        {fstest.MapFS{"index.html": {Data: []byte("<p>")}}, "no place for a nonce"},
		"beside assets":   {fstest.MapFS{"index.html": index, "robots.txt": {}}, "robots.txt: neither"},
		"unknown content": {fstest.MapFS{"index.html": index, "assets/a-12345678.exe": {}}, "unknown kind"},
	} {
		_, err := newHandler(test.dist)
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestEachPageHasANonceOfItsOwn(t *testing.T) {
	t.Parallel()
	h := built(t)
	seen := map[string]bool{}
	for range 20 {
		page := served(t, h, http.MethodGet, "/alerts/42")
		nonce := regexp.MustCompile(`style-src 'self' 'nonce-([\w-]{22})'`).FindStringSubmatch(page.Header.Get("Content-Security-Policy"))
		require.Len(t, nonce, 2)
		assert.False(t, seen[nonce[1]])
		seen[nonce[1]] = true
		assert.Equal(t, 2, strings.Count(text(t, page), `nonce="`+nonce[1]+`"`))
		assert.Equal(t, "no-store", page.Header.Get("Cache-Control"))
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := built(t)
	for _, path := range []string{"/", "/orders/x", "/api/v1/nothing", "/assets/nothing.js", "/assets/app-12345678.js"} {
		header := served(t, h, http.MethodGet, path).Header
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
			assert.Contains(t, policy, want, path)
		}
		assert.NotContains(t, policy, "unsafe", path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"), path)
		assert.Equal(t, "same-origin", header.Get("Cross-Origin-Opener-Policy"), path)
		assert.NotEmpty(t, header.Get("Permissions-Policy"), path)
	}
}

func TestPagesFallBackAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	h := built(t)
	for path, want := range map[string]bool{
		"/": true, "/overview": true, "/rules/r1/versions/3": true, "/accounts/a%2F1": true, "/assets/app-12345678.js": true,
		"": false, "/api": false, "/api/v1/nothing": false, "/healthz": false, "/readyz": false, "/metrics": false, "/internal/v1/x": false,
		"/favicon.ico": false, "/index.html": false, "/assets": false, "/assets/": false, "/assets/nothing.js": false,
		"/../go.mod": false, "/alerts/../api": false, "//elsewhere": false, "/alerts/": false, "/assets/../index": false,
	} {
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
	h := built(t)
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

func TestAssetsAreCompressedAndKept(t *testing.T) {
	t.Parallel()
	h := built(t)
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip;q=x": false, "*": false, "deflate": false,
	} {
		r := served(t, h, http.MethodGet, "/assets/app-12345678.js", "Accept-Encoding", accept)
		assert.Equal(t, "public, max-age=31536000, immutable", r.Header.Get("Cache-Control"))
		assert.Equal(t, "Accept-Encoding", r.Header.Get("Vary"))
		assert.Equal(t, "text/javascript; charset=utf-8", r.Header.Get("Content-Type"))
		if !want {
			assert.Empty(t, r.Header.Get("Content-Encoding"), accept)
			assert.Equal(t, strings.Repeat("let a;", 100), text(t, r), accept)
			continue
		}
		assert.Equal(t, "gzip", r.Header.Get("Content-Encoding"), accept)
		unzipped, err := gzip.NewReader(r.Body)
		require.NoError(t, err)
		content, err := io.ReadAll(unzipped)
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat("let a;", 100), string(content), accept)
	}
	short := served(t, h, http.MethodGet, "/assets/a-12345678.css", "Accept-Encoding", "gzip")
	assert.Empty(t, short.Header.Get("Content-Encoding"), "it would be longer")
	assert.Equal(t, "a{}", text(t, short))
}

func TestAnAssetThatIsKnownIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h := built(t)
	const path = "/assets/app-12345678.js"
	tag := served(t, h, http.MethodGet, path).Header.Get("ETag")
	for match, status := range map[string]int{
		tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"other", ` + tag: http.StatusNotModified,
		"*": http.StatusNotModified, `"other"`: http.StatusOK,
	} {
		assert.Equal(t, status, served(t, h, http.MethodGet, path, "If-None-Match", match).StatusCode, match)
	}
	zipped := served(t, h, http.MethodGet, path, "Accept-Encoding", "gzip")
	assert.NotEqual(t, tag, zipped.Header.Get("ETag"), "another form of it has another tag")
}
