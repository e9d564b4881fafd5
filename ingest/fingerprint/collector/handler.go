package collector

import (
	"errors"
	"net/http"
	"strings"

	"fairgate/ingest/answer"
)

// NoncePath is where a device asks for a nonce, below the mount.
const NoncePath = "/.fairgate/collector/nonce"

// Mount is the path that Handler answers, with all that lies below.
const Mount = "/.fairgate/collector"

// Identify tells the id of the caller's verified device token, or "". The edge
// knows.
type Identify func(*http.Request) string

// Handler answers GET of NoncePath with {"nonce": …, "expires_in": seconds}, and
// of ScriptPath with the browser's collector. A device without a token is
// answered 409 with the code no_device: its token comes with that very answer.
type Handler struct {
	service  *Service
	identify Identify
	script   *script
}

// NewHandler returns the handler. It fails only where the script cannot be
// compressed.
func NewHandler(service *Service, identify Identify) (*Handler, error) {
	s, err := newScript(built)
	if err != nil {
		return nil, err
	}
	return &Handler{service: service, identify: identify, script: s}, nil
}

// ScriptPath is where the browser's collector is served. It changes with the
// script, so that browsers may keep what they have for ever.
func (h *Handler) ScriptPath() string { return h.script.path }

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		_ = answer.Problem(w, http.StatusMethodNotAllowed, "method_not_allowed", "only GET and HEAD")
		return
	}
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case NoncePath:
		h.nonce(w, r)
		return
	case h.script.path:
		h.script.serve(w, r)
		return
	}
	_ = answer.Problem(w, http.StatusNotFound, "not_found", "there is nothing here")
}

func (h *Handler) nonce(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	nonce, ttl, err := h.service.Nonce(h.identify(r))
	if refused, is := errors.AsType[*Refusal](err); is {
		_ = answer.Problem(w, refused.Status(), string(refused.Result), refused.Detail)
		return
	}
	_ = answer.JSON(w, http.StatusOK, map[string]any{"nonce": nonce, "expires_in": int(ttl.Seconds())}) // whoever left does not need it
}
