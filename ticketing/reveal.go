package ticketing

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fairgate/ticketing/document"
)

// RevealField is a kind of personal data that may be shown in full.
type RevealField string

// What can be revealed of a visitor.
const (
	RevealName     RevealField = "name"
	RevealDocument RevealField = "document"
	RevealPhone    RevealField = "phone"
)

// Valid reports whether f is one of the known fields.
func (f RevealField) Valid() bool {
	return f == RevealName || f == RevealDocument || f == RevealPhone || f == RevealAnswers
}

// RevealKind says how somebody came to see personal data.
type RevealKind string

// An order's data was shown in full, or orders were looked up by a document or
// a phone that somebody knew.
const (
	RevealOrder          RevealKind = "reveal"
	RevealLookupDocument RevealKind = "lookup_document"
	RevealLookupPhone    RevealKind = "lookup_phone"
)

// Valid reports whether k is one of the known kinds.
func (k RevealKind) Valid() bool {
	return k == RevealOrder || k == RevealLookupDocument || k == RevealLookupPhone
}

// RolePrivacy is the role that may see personal data in full.
const RolePrivacy = "privacy"

// Reveal is one entry of the audit of who saw personal data. It names the order
// and what was shown, and holds none of it.
type Reveal struct {
	Seq       int64         `json:"seq"`
	At        Millis        `json:"at"`
	Kind      RevealKind    `json:"kind"`
	Who       string        `json:"who"`
	Role      string        `json:"role"`
	OrderID   string        `json:"order_id,omitempty"` // empty for a look-up
	Positions []string      `json:"positions"`          // those shown; empty for a look-up
	Fields    []RevealField `json:"fields"`
	Persons   int           `json:"persons"` // how many the hour's limit counted
	Reason    string        `json:"reason"`
	RequestID string        `json:"request_id"`
}

// RevealRequest says what somebody wants to see in full, and why. No positions
// means all of the order's, with its leader and the phone of its account.
type RevealRequest struct {
	Order     string
	Positions []string
	Fields    []RevealField
	Reason    string
}

// Revealed is personal data in full. It is answered to whoever may see it and
// never kept or logged.
type Revealed struct {
	OrderID      string
	Positions    []RevealedPosition
	LeaderName   string
	LeaderPhone  string
	AccountPhone string
	Answers      []FieldAnswer // the personal ones, to what an activity asks
}

// RevealedPosition is a visitor in full, as far as was asked for. Erased means
// that nothing is kept of the visitor any more.
type RevealedPosition struct {
	ID       string
	Erased   bool
	Name     string
	Document document.Document
	Phone    string
}

// Bounds of why somebody wants to see personal data, in characters.
const (
	minRevealReason = 3
	maxRevealReason = 500
)

// personal finds a mobile number or an identity card's number in a reason, which
// is kept for longer than the data.
var personal = regexp.MustCompile(`(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)|[0-9]{15}`)

// checkReason refuses a reason that says too little or holds personal data.
func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	n := utf8.RuneCountInString(reason)
	if n < minRevealReason || n > maxRevealReason || !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl) {
		return "", invalidField("reason", "want %d to %d characters of text in one line, got %d", minRevealReason, maxRevealReason, n)
	}
	if personal.MatchString(strings.NewReplacer(" ", "", "-", "").Replace(reason)) {
		return "", invalidField("reason", "holds what looks like a phone or document number; name the case instead")
	}
	return reason, nil
}

// namedActor is who the call says is acting; unlike in actor, somebody must be
// named.
func (c Call) namedActor() (string, error) {
	if strings.TrimSpace(c.Actor) == "" {
		return "", invalidField("X-Operator", "say who you are")
	}
	return c.actor()
}

// Reveal shows personal data of an order in full to somebody of the privacy
// role, once an entry of the audit has been committed. Every call is audited
// and counted anew; no answer is remembered, whatever the idempotency key. It
// fails with ErrInvalidField, ErrNotFound or ErrRevealLimit.
func (s *Service) Reveal(ctx context.Context, call Call, want RevealRequest) (Revealed, error) {
	entry, err := want.entry(call)
	if err != nil {
		return Revealed{}, err
	}
	var shown Revealed
	err = s.update(ctx, call, func(ctx context.Context, w *work) error {
		order, err := w.Order(ctx, want.Order)
		if err != nil {
			return err
		}
		positions, err := named(order.Positions, want.Positions)
		if err != nil {
			return err
		}
		made := entry
		for _, p := range positions {
			made.Positions = append(made.Positions, p.ID)
		}
		if made.Persons = len(positions); len(want.Positions) == 0 {
			made.Persons++ // whoever booked, too
		}
		if err := s.spend(ctx, w, made); err != nil {
			return err
		}
		shown, err = s.unseal(ctx, w, order, positions, want)
		return err
	})
	if err != nil {
		return Revealed{}, err
	}
	return shown, nil
}

// entry checks the request and begins its entry in the audit.
func (r RevealRequest) entry(call Call) (Reveal, error) {
	who, err := call.namedActor()
	if err != nil {
		return Reveal{}, err
	}
	reason, err := checkReason(r.Reason)
	if err != nil {
		return Reveal{}, err
	}
	if len(r.Fields) == 0 {
		return Reveal{}, invalidField("fields", "want some of name, document, phone and answers")
	}
	for i, f := range r.Fields {
		if !f.Valid() {
			return Reveal{}, invalidField(fmt.Sprintf("fields[%d]", i), "want name, document, phone or answers, got %q", shorten(string(f)))
		}
		if slices.Contains(r.Fields[:i], f) {
			return Reveal{}, invalidField(fmt.Sprintf("fields[%d]", i), "%s is asked for twice", f)
		}
	}
	if len(r.Positions) > maxGroup {
		return Reveal{}, invalidField("positions", "want at most %d, got %d", maxGroup, len(r.Positions))
	}
	return Reveal{
		Kind: RevealOrder, Who: who, Role: RolePrivacy, OrderID: r.Order, Fields: slices.Clone(r.Fields), Reason: reason, RequestID: call.RequestID,
	}, nil
}

// named picks the named positions, or all if none is.
func named(all []Position, ids []string) ([]Position, error) {
	if len(ids) == 0 {
		return all, nil
	}
	out := make([]Position, 0, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(all, func(p Position) bool { return p.ID == id })
		if at < 0 {
			return nil, invalidField(fmt.Sprintf("positions[%d]", i), "is not a position of this order, or no longer")
		}
		if slices.Contains(ids[:i], id) {
			return nil, invalidField(fmt.Sprintf("positions[%d]", i), "is named twice")
		}
		out = append(out, all[at])
	}
	return out, nil
}

// spend writes an entry to the audit, unless its author has seen as many
// persons as the limit of an hour allows.
func (s *Service) spend(ctx context.Context, w *work, r Reveal) error {
	most, hour := s.opts.RevealsPerHour, w.now.Add(-time.Hour)
	if r.Persons > most {
		return &Error{Code: CodeRevealLimit, Field: "positions", Detail: fmt.Sprintf("at most %d persons an hour, %d asked for: name fewer positions", most, r.Persons)}
	}
	seen, err := w.RevealsBy(ctx, r.Who, hour)
	if err != nil {
		return err
	}
	spent := r.Persons
	for _, e := range seen {
		spent += e.Persons
	}
	for _, e := range seen { // oldest first: when is there room again?
		if spent <= most {
			break
		}
		if spent -= e.Persons; spent <= most {
			return &Error{Code: CodeRevealLimit, Detail: fmt.Sprintf("at most %d persons an hour for one operator", most), RetryAfter: e.At.Sub(hour)}
		}
	}
	r.At = Millis{w.now}
	return w.RecordReveal(ctx, r)
}

// unseal opens what was asked for.
func (s *Service) unseal(ctx context.Context, w *work, o Order, positions []Position, want RevealRequest) (Revealed, error) {
	shown := Revealed{OrderID: o.ID, Positions: make([]RevealedPosition, len(positions))}
	for i, p := range positions {
		var err error
		if shown.Positions[i], err = s.unsealPosition(p, want.Fields); err != nil {
			return Revealed{}, fmt.Errorf("position %s: %w", p.ID, err)
		}
	}
	var err error
	if shown.Answers, err = s.unsealAnswers(ctx, w, o, positions, want); err != nil || len(want.Positions) > 0 {
		return shown, err
	}
	return shown, s.unsealBookers(ctx, w, o, want.Fields, &shown)
}

func (s *Service) unsealPosition(p Position, fields []RevealField) (shown RevealedPosition, err error) {
	shown = RevealedPosition{ID: p.ID, Erased: len(p.NameSealed) == 0}
	if shown.Erased {
		return shown, nil
	}
	if slices.Contains(fields, RevealName) {
		if shown.Name, err = s.vault.Open("name", p.NameSealed); err != nil {
			return shown, err
		}
	}
	if slices.Contains(fields, RevealDocument) {
		text, err := s.vault.Open("document", p.DocumentSealed)
		if err != nil {
			return shown, err
		}
		nationality, number, _ := strings.Cut(text, "\n")
		shown.Document = document.Document{Type: p.DocumentType, Number: number, Nationality: nationality}
	}
	if slices.Contains(fields, RevealPhone) {
		shown.Phone, err = s.openIfAny("phone", p.PhoneSealed)
	}
	return shown, err
}

// unsealBookers opens who leads and who booked the order.
func (s *Service) unsealBookers(ctx context.Context, w *work, o Order, fields []RevealField, shown *Revealed) error {
	leader, _, err := find(w.LeaderOf(ctx, o.ID))
	if err != nil {
		return err
	}
	if slices.Contains(fields, RevealName) {
		if shown.LeaderName, err = s.openIfAny("name", leader.NameSealed); err != nil {
			return err
		}
	}
	if !slices.Contains(fields, RevealPhone) {
		return nil
	}
	if shown.LeaderPhone, err = s.openIfAny("phone", leader.PhoneSealed); err != nil {
		return err
	}
	account, err := w.Account(ctx, o.AccountID)
	if err != nil {
		return err
	}
	shown.AccountPhone, err = s.openIfAny("phone", account.PhoneSealed)
	return err
}

// openIfAny opens what is sealed; nothing is nothing.
func (s *Service) openIfAny(purpose string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	return s.vault.Open(purpose, sealed)
}

// Reveals reads the audit of who saw personal data after a sequence number.
func (s *Service) Reveals(ctx context.Context, after int64, limit int) ([]Reveal, error) {
	if limit < 1 || limit > maxEvents {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxEvents, limit)
	}
	var found []Reveal
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.Reveals(ctx, after, limit)
		return err
	})
	return found, err
}
