package challenge

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"fairgate/ingest"
)

// maxRequest bounds the body of an answer.
const maxRequest = 8 << 10

// Handler answers GET (a challenge for ?kind= and ?pool=) and POST (an answer,
// {payload, kind, pool}, for a pass). identify tells who calls, as the edge
// proved it.
func Handler(s *Service, identify func(context.Context) (ingest.Subject, bool), log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	h := handler{s, identify, log}
	mux.HandleFunc("GET /", h.issue)
	mux.HandleFunc("POST /", h.redeem)
	return mux
}

type handler struct {
	service  *Service
	identify func(context.Context) (ingest.Subject, bool)
	log      *slog.Logger
}

func (h handler) issue(w http.ResponseWriter, r *http.Request) {
	subject, ok := h.identify(r.Context())
	scope := Scope{Kind: ingest.Kind(r.URL.Query().Get("kind")), Pool: r.URL.Query().Get("pool")}
	if !ok || !scope.valid() {
		refuse(w, http.StatusBadRequest, "bad_scope", "kind must be a known kind of request, and pool have at most 100 characters")
		return
	}
	c, err := h.service.Issue(subject, scope)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	reply(w, http.StatusOK, c)
}

func (h handler) redeem(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Payload string      `json:"payload"`
		Kind    ingest.Kind `json:"kind"`
		Pool    string      `json:"pool"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "malformed_body", "want {payload, kind, pool}")
		return
	}
	subject, ok := h.identify(r.Context())
	scope := Scope{Kind: in.Kind, Pool: in.Pool}
	if !ok || !scope.valid() {
		refuse(w, http.StatusBadRequest, "bad_scope", "kind must be a known kind of request, and pool have at most 100 characters")
		return
	}
	pass, err := h.service.Redeem(r.Context(), subject, scope, in.Payload)
	for known, code := range map[error]string{
		ErrMalformed: "malformed_answer", ErrForged: "forged_challenge", ErrExpired: "expired_challenge",
		ErrWrong: "wrong_answer", ErrSpent: "spent_challenge",
	} {
		if errors.Is(err, known) {
			refuse(w, http.StatusUnprocessableEntity, code, err.Error())
			return
		}
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	reply(w, http.StatusOK, pass)
}

func (h handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	h.log.ErrorContext(r.Context(), "challenge failed", "error", err)
	refuse(w, http.StatusServiceUnavailable, "unavailable", "try again in a moment")
}

func (s Scope) valid() bool { return s.Kind.Valid() && len(s.Pool) <= 100 }

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the visitor may be gone
}

func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the visitor may be gone
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": detail,
	})
}
