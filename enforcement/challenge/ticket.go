package challenge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
)

// ticketTTL is for how long after a decision its challenge can be asked for: as
// long as somebody may look at the page that asks them.
const ticketTTL = 10 * time.Minute

// maxTicket is the longest ticket that is looked at, in bytes.
const maxTicket = 1 << 10

// ticketVersion begins every ticket.
const ticketVersion = "t1"

// ticket is the readable half of what a challenged visitor is given: for what
// the challenge is, and until when it can be asked for. Whom it is for and how
// many steps the decision was worth are signed with it and cannot be read: load
// and history would otherwise be told apart from what the rules found.
type ticket struct {
	Kind    ingest.Kind `json:"k"`
	Pool    string      `json:"p,omitempty"`
	Expires int64       `json:"x"` // milliseconds since 1970 UTC
	Bound   string      `json:"b"`

	steps int
}

// decided is when the decision was taken.
func (t ticket) decided() time.Time { return time.UnixMilli(t.Expires).Add(-ticketTTL) }

var _ enforcement.Tickets = (*Service)(nil)

// Ticket implements enforcement.Tickets. It is empty where there is nobody to
// bind it to.
func (s *Service) Ticket(e *ingest.Event, d ingest.Decision) string {
	which := bindings(e.Subject)
	if which == "" {
		return ""
	}
	data, err := json.Marshal(ticket{
		Kind: e.Kind, Pool: e.Order.Pool, Expires: e.Time.Add(ticketTTL).UnixMilli(), Bound: which,
	})
	if err != nil { // strings and numbers only: it cannot fail
		return ""
	}
	values, _ := bound(which, e.Subject)
	body := base64.RawURLEncoding.EncodeToString(data)
	sum := s.keys.sign("ticket", append([]string{body, strconv.Itoa(stepsOf(d))}, values...)...)
	return ticketVersion + "." + body + "." + base64.RawURLEncoding.EncodeToString(sum)
}

// asked opens a ticket for a visitor and a scope. Without one nobody was asked
// for a challenge, and nobody gets one in store.
func (s *Service) asked(subject ingest.Subject, text string, scope Scope) (ticket, error) {
	var t ticket
	parts := strings.Split(text, ".")
	if len(text) > maxTicket || len(parts) != 3 || parts[0] != ticketVersion {
		return t, fmt.Errorf("%w: it is missing or malformed", ErrBadTicket)
	}
	sum, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return t, fmt.Errorf("%w: it is malformed", ErrBadTicket)
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(data, &t) != nil {
		return ticket{}, fmt.Errorf("%w: it is malformed", ErrBadTicket)
	}
	values, ok := bound(t.Bound, subject)
	if !ok {
		return ticket{}, ErrForeign
	}
	t.steps = -1
	for steps := range topStep + 1 {
		if s.keys.verify(sum, "ticket", append([]string{parts[1], strconv.Itoa(steps)}, values...)...) {
			t.steps = steps
		}
	}
	switch {
	case t.steps < 0:
		return ticket{}, ErrForeign
	case t.Kind != scope.Kind || t.Pool != scope.Pool:
		return ticket{}, ErrForeign
	case s.options.Now().UnixMilli() >= t.Expires:
		return ticket{}, ErrExpired
	}
	return t, nil
}
