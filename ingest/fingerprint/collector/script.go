package collector

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"fairgate/ingest/negotiate"
)

// built is the browser's collector, made from web/ by `make web`.
//
//go:embed dist/collector.js
var built []byte

// Cache rules of the script: the path names its content.
const scriptCache = "public, max-age=31536000, immutable"

// script is the browser's collector as it is served.
type script struct {
	path          string
	plain, zipped []byte
}

func newScript(content []byte) (*script, error) {
	sum := sha256.Sum256(content)
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress the collector: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("compress the collector: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress the collector: %w", err)
	}
	return &script{path: Mount + "/" + hex.EncodeToString(sum[:8]) + ".js", plain: content, zipped: zipped.Bytes()}, nil
}

// serve answers with the script. Nothing in it is inline or from elsewhere, so
// that a page's policy needs script-src 'self' and connect-src 'self' alone.
func (s *script) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/javascript; charset=utf-8")
	header.Set("Cache-Control", scriptCache)
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Vary", "Accept-Encoding")
	content := s.plain
	if negotiate.Gzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		content = s.zipped
	}
	header.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(content) // whoever left does not need it
}
