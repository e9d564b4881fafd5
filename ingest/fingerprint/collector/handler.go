package collector

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// NoncePath is where a device asks for a nonce, below the mount.
const NoncePath = "/.fairgate/collector/nonce"

// Mount is the path that Handler answers, with all that lies below.
const Mount = "/.fairgate/collector"

// Identify tells the id of the caller's verified device token, or "". The edge
// knows.
type Identify func(*http.Request) string

// Handler answers GET of NoncePath with {"nonce": …, "expires_in": seconds}. A
// device without a token is answered 409 with the code no_device: its token
// comes with that very answer.
type Handler struct {
	service  *Service
	identify Identify
}

// NewHandler returns the handler.
func NewHandler(service *Service, identify Identify) *Handler {
	return &Handler{service: service, identify: identify}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		problem(w, http.StatusMethodNotAllowed, "method_not_allowed", "only GET and HEAD")
		return
	}
	if strings.TrimSuffix(r.URL.Path, "/") == NoncePath {
		h.nonce(w, r)
		return
	}
	problem(w, http.StatusNotFound, "not_found", "there is nothing here")
}

func (h *Handler) nonce(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	nonce, ttl, err := h.service.Nonce(h.identify(r))
	if refused, is := errors.AsType[*Refusal](err); is {
		problem(w, refused.Status(), string(refused.Result), refused.Detail)
		return
	}
	answer(w, http.StatusOK, "application/json", map[string]any{"nonce": nonce, "expires_in": int(ttl.Seconds())})
}

// problem answers after RFC 9457.
func problem(w http.ResponseWriter, status int, code, detail string) {
	answer(w, status, "application/problem+json", map[string]any{
		"type": "urn:fairgate:problem:" + code, "title": http.StatusText(status), "status": status, "code": code, "detail": detail,
	})
}

func answer(w http.ResponseWriter, status int, contentType string, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever left does not need it
}
