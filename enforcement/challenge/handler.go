package challenge

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"fairgate/ingest"
	"fairgate/ingest/answer"
)

// maxBody bounds a redemption request.
const maxBody = 8 << 10

// Identify tells who the visitor is, as far as it was proved. The edge knows.
type Identify func(*http.Request) (Visitor, error)

// Handler serves GET (?kind=order.submit&pool=…&ticket=…), which answers a
// Challenge, and POST with the same scope and ticket as JSON: with a payload (of
// a proof) or a code (of a text message) it answers a Pass; with the grade sms
// alone it sends a code and answers Sent. Refusals are problem+json (RFC 9457)
// with a code.
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
	visitor, err := h.identify(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if r.Method == http.MethodGet {
		query := r.URL.Query()
		scope := Scope{Kind: ingest.Kind(query.Get("kind")), Pool: query.Get("pool")}
		c, err := h.service.Issue(r.Context(), visitor, query.Get("ticket"), scope)
		h.give(w, r, http.StatusOK, c, err)
		return
	}
	var body reply
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		h.refuse(w, r, http.StatusRequestEntityTooLarge, "body_too_large", "the body is too large or was cut off")
		return
	}
	if err := json.Unmarshal(data, &body); err != nil {
		h.refuse(w, r, http.StatusBadRequest, "invalid_json", "the body is not the JSON object that is wanted")
		return
	}
	h.reply(w, r, visitor, body)
}

// reply is what a visitor posts.
type reply struct {
	Scope
	Ticket  string `json:"ticket"`
	Payload string `json:"payload"`
	Code    string `json:"code"`
	Grade   Grade  `json:"grade"`
}

// reply takes an answer, or sends a code.
func (h *Handler) reply(w http.ResponseWriter, r *http.Request, visitor Visitor, body reply) {
	switch {
	case body.Payload == "" && body.Code != "":
		pass, err := h.service.Check(r.Context(), visitor, body.Code, body.Ticket, body.Scope)
		h.give(w, r, http.StatusOK, pass, err)
	case body.Payload == "" && body.Grade == GradeSMS:
		sent, err := h.service.Send(r.Context(), visitor, body.Ticket, body.Scope)
		h.give(w, r, http.StatusAccepted, sent, err)
	default:
		pass, err := h.service.Redeem(r.Context(), visitor, body.Payload, body.Scope)
		h.give(w, r, http.StatusOK, pass, err)
	}
}

// give answers what was asked for, or why not.
func (h *Handler) give(w http.ResponseWriter, r *http.Request, status int, body any, err error) {
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.sent(r, answer.JSON(w, status, body))
}

// fail maps an error to its status, once. What is no refusal is logged and
// answered without its text.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if limit := (*LimitError)(nil); errors.As(err, &limit) {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(limit.RetryAfter, time.Second).Seconds())))
	}
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
		{ErrBadTicket, http.StatusUnprocessableEntity, "invalid_ticket"},
		{ErrWrongCode, http.StatusUnprocessableEntity, "wrong_code"},
		{ErrNoPhone, http.StatusConflict, "sms_unavailable"},
		{ErrCodeLimit, http.StatusTooManyRequests, "code_limit"},
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
	h.sent(r, answer.Problem(w, status, code, detail))
}

func (h *Handler) sent(r *http.Request, err error) {
	if err != nil {
		h.logger.LogAttrs(r.Context(), slog.LevelDebug, "challenge answer not sent", slog.Any("error", err))
	}
}
