package appeals

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/answer"
)

// Visitor is who calls, as far as it was proved.
type Visitor struct {
	Owners []enforcement.Target // the account, the device
	Subnet string
}

// HandlerOptions are what a Handler can do without.
type HandlerOptions struct {
	// Page is where the visitor front has its form. Default "/appeal".
	Page string
	// Tries is how many refused receipts one network may present in Window.
	// Defaults 20 and 10 min.
	Tries  int
	Window time.Duration
	Now    func() time.Time
	Logger *slog.Logger
}

// Handler serves visitors. POST files an appeal ({"receipt", "text", "document",
// "language"}) and answers 201 with its Status; POST …/status asks ({"receipt",
// "document"}) and answers 200; GET leads to the form. An unknown receipt and
// another's are answered alike, 404. Refusals are problem+json (RFC 9457).
type Handler struct {
	desk      *Desk
	identify  func(*http.Request) (Visitor, error)
	documents func(number string) []string
	o         HandlerOptions

	mu    sync.Mutex
	since time.Time
	tries map[string]int
}

// NewHandler serves a desk. identify tells who calls, documents the keyed hashes
// of a document's number.
func NewHandler(
	desk *Desk, identify func(*http.Request) (Visitor, error), documents func(number string) []string, o HandlerOptions,
) *Handler {
	if o.Page == "" {
		o.Page = "/appeal"
	}
	if o.Tries <= 0 {
		o.Tries = 20
	}
	if o.Window <= 0 {
		o.Window = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{desk: desk, identify: identify, documents: documents, o: o, tries: map[string]int{}}
}

const maxBody = 16 << 10

type posted struct {
	Receipt  string `json:"receipt"`
	Text     string `json:"text"`
	Document string `json:"document"` // its number, where nobody is signed in
	Language string `json:"language"`
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Cookie, Authorization")
	asks := strings.HasSuffix(r.URL.Path, "/status")
	switch {
	case !asks && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		target := h.o.Page
		if receipt := r.URL.Query().Get("receipt"); receipt != "" && len(receipt) <= 64 {
			target += "?receipt=" + url.QueryEscape(receipt)
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		h.refuse(w, r, http.StatusMethodNotAllowed, "method_not_allowed", "only GET and POST")
		return
	}
	var body posted
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		h.refuse(w, r, http.StatusRequestEntityTooLarge, "body_too_large", "the body is too large or was cut off")
		return
	}
	if err := json.Unmarshal(data, &body); err != nil {
		h.refuse(w, r, http.StatusBadRequest, "invalid_json", "the body is not the JSON object that is wanted")
		return
	}
	visitor, err := h.identify(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if h.spent(visitor.Subnet) {
		h.desk.tries.WithLabelValues("limited").Inc()
		w.Header().Set("Retry-After", "600")
		h.refuse(w, r, http.StatusTooManyRequests, "too_many_tries", "too many receipts were refused; try again in some minutes")
		return
	}
	h.serve(w, r, visitor, body, asks)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, visitor Visitor, body posted, asks bool) {
	owners := visitor.Owners
	if len(body.Document) > 0 && len(body.Document) <= 64 {
		for _, key := range h.documents(body.Document) {
			owners = append(owners, enforcement.Target{Entity: "document", Key: key})
		}
	}
	filing := Filing{Receipt: body.Receipt, Owners: owners, Text: body.Text, Language: body.Language, Subnet: visitor.Subnet}
	if asks {
		status, err := h.desk.Ask(r.Context(), filing)
		h.give(w, r, visitor, http.StatusOK, status, err)
		return
	}
	status, err := h.desk.File(r.Context(), filing)
	h.give(w, r, visitor, http.StatusCreated, status, err)
}

func (h *Handler) give(w http.ResponseWriter, r *http.Request, visitor Visitor, code int, status Status, err error) {
	if err != nil {
		if errors.Is(err, enforcement.ErrReceipt) {
			h.missed(visitor.Subnet)
		}
		h.fail(w, r, err)
		return
	}
	h.sent(r, answer.JSON(w, code, status))
}

// maxNetworks bounds what is remembered; beyond it all are forgotten at once.
const maxNetworks = 10_000

// spent reports whether a network has used its tries up.
func (h *Handler) spent(subnet string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.o.Now(); now.Sub(h.since) > h.o.Window || len(h.tries) > maxNetworks {
		h.since = now
		clear(h.tries)
	}
	return h.tries[subnet] >= h.o.Tries
}

func (h *Handler) missed(subnet string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tries[subnet]++
}

// fail maps an error to its status, once.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	for _, known := range []struct {
		err    error
		status int
		code   string
	}{
		{enforcement.ErrReceipt, http.StatusNotFound, "unknown_receipt"},
		{enforcement.ErrReceiptOver, http.StatusGone, "receipt_expired"},
		{ErrNotFound, http.StatusNotFound, "no_appeal"},
		{ErrCrowded, http.StatusTooManyRequests, "crowded"},
	} {
		if errors.Is(err, known.err) {
			h.refuse(w, r, known.status, known.code, known.err.Error())
			return
		}
	}
	if errors.Is(err, ErrBadInput) {
		h.refuse(w, r, http.StatusUnprocessableEntity, "invalid_text", err.Error())
		return
	}
	h.o.Logger.LogAttrs(r.Context(), slog.LevelWarn, "appeal not served", slog.Any("error", err))
	h.refuse(w, r, http.StatusServiceUnavailable, "unavailable", "try again")
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, code, detail string) {
	h.sent(r, answer.Problem(w, status, code, detail))
}

func (h *Handler) sent(r *http.Request, err error) {
	if err != nil {
		h.o.Logger.LogAttrs(r.Context(), slog.LevelDebug, "appeal answer not sent", slog.Any("error", err))
	}
}
