package gateway

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonicalPath(t *testing.T) {
	for raw, want := range map[string]string{
		"/": "/", "//": "/", "/a//b": "/a/b", "/a/./b/": "/a/b/", "/a/../b": "/b", "/a/..": "/", "/a/b/..": "/a/", "/a/.": "/a/",
		"/%61%2D%7e": "/a-~", "/%e4%b8%ad": "/%E4%B8%AD", "/中": "/%E4%B8%AD", "/a%20b": "/a%20b", "/a%2520": "/a%2520", "/a;v=1,2@x:y": "/a;v=1,2@x:y",
		"/...": "/...", "/.a": "/.a", "/%2ea": "/.a", "/a%3Fb": "/a%3Fb", "/a%23b": "/a%23b", "/a|b": "/a%7Cb", "/a%3Bb": "/a%3Bb",
	} {
		got, refused := canonicalPath(raw)
		require.Nil(t, refused, raw)
		assert.Equal(t, want, got, raw)
	}
	for _, raw := range []string{
		"", "a", "*", "http://a/", "/..", "/a/../..", "/%2e", "/%2e%2e/a", "/.%2e/a", "/a%2fb", "/a%5Cb", `/a\b`, "/a%00", "/a%0d%0a", "/a%7f", "/%", "/%4", "/%zz",
	} {
		_, refused := canonicalPath(raw)
		require.NotNil(t, refused, raw)
		assert.NotEmpty(t, refused.detail)
	}
}

func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{"/a/../b", "/%2e%2e/x", "/a%2fb", "/a//b/./c/", "/%e4%b8", "/a;b=c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		path, refused := canonicalPath(raw)
		if strings.HasPrefix(raw, "/") {
			slow, slowRefused := canonicalSegments(raw)
			if slow != path || (slowRefused == nil) != (refused == nil) {
				t.Fatalf("%q → %q, segment by segment %q", raw, path, slow)
			}
		}
		if refused != nil {
			return
		}
		again, refused := canonicalPath(path)
		if refused != nil || again != path {
			t.Fatalf("%q → %q → %q (%v): not stable", raw, path, again, refused)
		}
		if strings.Contains(path, "//") || strings.Contains(path, "/../") || strings.HasSuffix(path, "/..") || strings.Contains(path, "/./") {
			t.Fatalf("%q → %q: still has a dot segment", raw, path)
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			t.Fatalf("%q → %q: %v", raw, path, err)
		}
		if strings.Count(decoded, "/") != strings.Count(path, "/") || strings.ContainsAny(decoded, "\\\x00\r\n") {
			t.Fatalf("%q → %q: decodes into another structure", raw, path)
		}
	})
}
