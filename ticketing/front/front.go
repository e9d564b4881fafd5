package front

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"fairgate/ingest/negotiate"
)

//go:embed dist
var embedded embed.FS

// Where things lie in dist and on the web.
const (
	indexFile = "index.html"
	assets    = "/assets/"
)

// policy is the Content-Security-Policy of every answer: nothing from
// elsewhere, nothing inline, and in nobody's frame. The icon is a data URI.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// How long browsers keep what they were given.
const (
	cachePage  = "no-cache"                            // asked for anew, answered 304 while it is the same
	cacheAsset = "public, max-age=31536000, immutable" // its name is a hash of its content
)

// Handler serves the pages. It is immutable and safe for concurrent use.
type Handler struct {
	index file
	files map[string]file // by path on the web
}

var _ http.Handler = (*Handler)(nil)

// file is one answer, plain and, where that is shorter, compressed.
type file struct {
	contentType, cache string
	plain, zipped      variant
}

type variant struct {
	content []byte
	etag    string
}

// New prepares the embedded pages. It fails only where the program was built
// from a broken dist.
func New() (*Handler, error) {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return nil, fmt.Errorf("visitor front: %w", err)
	}
	return newHandler(dist)
}

func newHandler(dist fs.FS) (*Handler, error) {
	h := &Handler{files: map[string]file{}}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		f, err := prepare(name, content)
		if err != nil {
			return err
		}
		switch {
		case name == indexFile:
			f.cache = cachePage
			h.index = f
		case strings.HasPrefix("/"+name, assets):
			f.cache = cacheAsset
			h.files["/"+name] = f
		default:
			return fmt.Errorf("%s: neither %s nor below %s", name, indexFile, assets)
		}
		return nil
	})
	if err == nil && h.index.plain.content == nil {
		err = fmt.Errorf("%s is missing", indexFile)
	}
	if err != nil {
		return nil, fmt.Errorf("visitor front: %w", err)
	}
	return h, nil
}

func prepare(name string, content []byte) (file, error) {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // not what the machine's own table says
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".html":
		kind = "text/html; charset=utf-8"
	}
	if kind == "" {
		return file{}, fmt.Errorf("%s: unknown kind of file", name)
	}
	sum := sha256.Sum256(content)
	tag := hex.EncodeToString(sum[:12])
	f := file{contentType: kind, plain: variant{content, `"` + tag + `"`}}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return file{}, err
	}
	if _, err := w.Write(content); err != nil {
		return file{}, err
	}
	if err := w.Close(); err != nil {
		return file{}, err
	}
	if zipped.Len() < len(content) {
		f.zipped = variant{zipped.Bytes(), `"` + tag + `-gz"`}
	}
	return f, nil
}

// Owns reports whether a path is one of the pages' own: an asset that exists,
// or an address within the application. Everything else is for others to
// answer.
func (h *Handler) Owns(path string) bool {
	_, known := h.find(path)
	return known
}

func (h *Handler) find(path string) (file, bool) {
	if f, known := h.files[path]; known {
		return f, true
	}
	return h.index, page(path)
}

// page reports whether the application has a page at the path, as routeOf in
// web/src/router.tsx does; web/test/paths.json holds both.
func page(path string) bool {
	switch path {
	case "/", "/orders", "/account", "/appeal", "/sign-in":
		return true
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	named := len(parts) > 1 && parts[1] != "" && parts[1] != "." && parts[1] != ".."
	switch {
	case !named:
		return false
	case parts[0] == "orders":
		return len(parts) == 2
	case parts[0] == "pools":
		return len(parts) == 2 || len(parts) == 3 && parts[2] == "book"
	}
	return false
}

// ServeHTTP answers GET and HEAD of the paths that Owns reports, anything else
// with 404 or 405.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	f, known := h.find(r.URL.Path)
	if !known {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	shown := f.plain
	if f.zipped.content != nil {
		header.Set("Vary", "Accept-Encoding")
		if negotiate.Gzip(r.Header.Get("Accept-Encoding")) {
			shown = f.zipped
			header.Set("Content-Encoding", "gzip")
		}
	}
	header.Set("Cache-Control", f.cache)
	header.Set("ETag", shown.etag)
	if negotiate.Known(r.Header.Get("If-None-Match"), shown.etag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(shown.content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(shown.content) // whoever left does not need the rest
}
