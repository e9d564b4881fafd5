package front

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

// Where things lie in dist and on the web.
const (
	indexFile = "index.html"
	keepFile  = ".keep" // lets dist be embedded before it was built
	assets    = "/assets/"
)

// nonceMark stands in index.html wherever the page's nonce goes; it is
// html.cspNonce in web/vite.config.ts.
const nonceMark = "CSP-NONCE-OF-THIS-ANSWER"

// unbuilt is shown for every page of a program that was built without them.
const unbuilt = "控制台页面尚未构建:请运行 make web,然后重新构建 fairgate。API 可以照常使用:/api/v1/openapi.json\n\n" +
	"The console's pages were not built: run `make web`, then build fairgate again. The API works as it is: /api/v1/openapi.json\n"

// How long browsers keep what they were given.
const (
	cachePage  = "no-store"                            // it carries a nonce that is used once
	cacheAsset = "public, max-age=31536000, immutable" // its name is a hash of its content
)

// Handler serves the application. It is safe for concurrent use.
type Handler struct {
	index [][]byte // the page, cut where the nonce goes; nil where it was not built
	files map[string]*asset
}

var _ http.Handler = (*Handler)(nil)

// New prepares the embedded application. It fails only where the program was
// built from a broken dist; an empty one is served as a page that says so.
func New() (*Handler, error) {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return nil, fmt.Errorf("console front: %w", err)
	}
	return newHandler(dist)
}

func newHandler(dist fs.FS) (*Handler, error) {
	h := &Handler{files: map[string]*asset{}}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == keepFile {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		switch {
		case name == indexFile:
			h.index = bytes.Split(content, []byte(nonceMark))
		case strings.HasPrefix("/"+name, assets):
			h.files["/"+name], err = newAsset(name, content)
		default:
			err = fmt.Errorf("%s: neither %s nor below %s", name, indexFile, assets)
		}
		return err
	})
	switch {
	case err != nil:
	case h.index == nil && len(h.files) > 0:
		err = fmt.Errorf("%s is missing", indexFile)
	case h.index != nil && len(h.index) < 2:
		err = errors.New(indexFile + " has no place for a nonce")
	}
	if err != nil {
		return nil, fmt.Errorf("console front: %w", err)
	}
	return h, nil
}

// Owns reports whether the application answers a path: one of its files, or an
// address that may be a page. Everything else is for others to answer.
func (h *Handler) Owns(path string) bool {
	_, known := h.files[path]
	return known || page(path)
}

// page reports whether a path may be one of the application's addresses. Which
// of them exist only the application knows; it says so itself.
func page(name string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	switch first {
	case "api", "assets", "healthz", "readyz", "metrics", "internal":
		return false
	}
	// A file that nobody has, as /favicon.ico, and a path that climbs, are none.
	return strings.HasPrefix(name, "/") && !strings.Contains(path.Base(name), ".") && (name == "/" || path.Clean(name) == name)
}

// ServeHTTP answers GET and HEAD of the paths that Owns reports, anything else
// with 404 or 405.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nonce := newNonce()
	guard(w.Header(), nonce)
	file, known := h.files[r.URL.Path]
	switch {
	case !known && !page(r.URL.Path):
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
	case known:
		file.serve(w, r)
	case h.index == nil:
		w.Header().Set("Cache-Control", cachePage)
		http.Error(w, unbuilt, http.StatusServiceUnavailable)
	default:
		w.Header().Set("Cache-Control", cachePage)
		write(w, r, "text/html; charset=utf-8", bytes.Join(h.index, []byte(nonce)))
	}
}

// guard sets the headers of every answer: nothing from elsewhere, nothing
// inline but the style sheets that carry the nonce, and in nobody's frame.
func guard(header http.Header, nonce string) {
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}

// newNonce is 128 random bits, as CSP Level 3 asks for (section 7.1).
func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func write(w http.ResponseWriter, r *http.Request, kind string, content []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(content) // whoever left does not need the rest
}
