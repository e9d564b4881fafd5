package challenge

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"fairgate/ingest"
)

// maxBody bounds a redemption request.
const maxBody = 8 << 10

// Identify tells who the visitor is, as far as it was proved. The edge knows.
type Identify func(*http.Request) (ingest.Subject, error)

// Handler serves GET (?kind=order.submit&pool=…), which answers a Challenge,
// and POST ({"payload":…, "kind":…, "pool":…}), which answers a Pass. Refusals
// are problem+json (RFC 9457) with a code.
type Handler struct {
	service  *Service
	identify Identify
	logger   *slog.Logger
}

// NewHandler returns the handler; without a logger (nil) it is silent.
func NewHandler(service *Service, identify Identify, logger *slog.Logger) *Handler {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{service: service, identify: identify, logger: logger}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Cookie, Authorization")
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		h.refuse(w, r, http.StatusMethodNotAllowed, "method_not_allowed", "only GET and POST")
		return
	}
	subject, err := h.identify(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if r.Method == http.MethodGet {
		query := r.URL.Query()
		c, err := h.service.Issue(r.Context(), subject, Scope{Kind: ingest.Kind(query.Get("kind")), Pool: query.Get("pool")})
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.answer(w, r, http.StatusOK, "application/json", c)
		return
	}
	var body struct {
		Scope
		Payload string `json:"payload"`
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		h.refuse(w, r, http.StatusRequestEntityTooLarge, "body_too_large", "the body is too large or was cut off")
		return
	}
	if err := json.Unmarshal(data, &body); err != nil {
		h.refuse(w, r, http.StatusBadRequest, "invalid_json", "the body is not the JSON object that is wanted")
		return
	}
	pass, err := h.service.Redeem(r.Context(), subject, body.Payload, body.Scope)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.answer(w, r, http.StatusOK, "application/json", pass)
}

// fail maps an error to its status, once. What is no refusal is logged and
// answered without its text.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	for _, known := range []struct {
		err    error
		status int
		code   string
	}{
		{ErrBadScope, http.StatusUnprocessableEntity, "invalid_scope"},
		{ErrBadPayload, http.StatusUnprocessableEntity, "invalid_payload"},
		{ErrForeign, http.StatusUnprocessableEntity, "challenge_foreign"},
		{ErrExpired, http.StatusGone, "challenge_expired"},
		{ErrSpent, http.StatusConflict, "challenge_spent"},
		{ErrNobody, http.StatusForbidden, "no_identity"},
	} {
		if errors.Is(err, known.err) {
			h.refuse(w, r, known.status, known.code, known.err.Error())
			return
		}
	}
	h.logger.LogAttrs(r.Context(), slog.LevelWarn, "challenge not served", slog.Any("error", err))
	h.refuse(w, r, http.StatusServiceUnavailable, "unavailable", "try again")
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, code, detail string) {
	h.answer(w, r, status, "application/problem+json", map[string]any{
		"type": "urn:fairgate:problem:" + code, "title": http.StatusText(status), "status": status, "code": code,
		"detail": detail,
	})
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, status int, contentType string, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		h.logger.LogAttrs(r.Context(), slog.LevelDebug, "challenge answer not sent", slog.Any("error", err))
	}
}
