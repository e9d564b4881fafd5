package front

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"sync"

	"fairgate/ingest/negotiate"
)

// asset is one file of the application, plain and, from its first request on,
// compressed: most programs that hold the pages never show them all.
type asset struct {
	contentType, etag string
	plain             []byte
	zipped            func() []byte // nil where that is no shorter
}

// kind is the type of a file that a build makes, not what the machine's own
// table says.
func kind(name string) (string, error) {
	known := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
		".png": "image/png", ".woff2": "font/woff2", ".json": "application/json", ".wasm": "application/wasm",
	}
	if k, ok := known[path.Ext(name)]; ok {
		return k, nil
	}
	return "", fmt.Errorf("%s: unknown kind of file", name)
}

func newAsset(name string, content []byte) (*asset, error) {
	k, err := kind(name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	return &asset{
		contentType: k, etag: hex.EncodeToString(sum[:12]), plain: content,
		zipped: sync.OnceValue(func() []byte { return compress(content) }),
	}, nil
}

func compress(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	if closing := w.Close(); err != nil || closing != nil || b.Len() >= len(content) {
		return nil // into memory this does not fail; a file that does not shrink goes out as it is
	}
	return b.Bytes()
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", cacheAsset)
	content, etag := a.plain, `"`+a.etag+`"`
	zipped := negotiate.Gzip(r.Header.Get("Accept-Encoding")) && a.zipped() != nil
	if zipped {
		content, etag = a.zipped(), `"`+a.etag+`-gz"`
	}
	header.Set("ETag", etag)
	if negotiate.Known(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if zipped {
		header.Set("Content-Encoding", "gzip")
	}
	write(w, r, a.contentType, content)
}
