package checkin

import (
	"context"
	"errors"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
	"fairgate/ticketing/ticket"
)

// Direction says which way somebody goes.
type Direction string

// The directions. The zero value of an attempt's is Entry.
const (
	Entry Direction = "entry"
	Exit  Direction = "exit"
)

// Valid reports whether d is one of the known directions.
func (d Direction) Valid() bool { return d == Entry || d == Exit }

// Attempt is what a terminal scanned: a code, or a document, or a code with the
// document that whoever showed it identifies themselves by. Position names the
// ticket instead where a terminal off line found it in its list.
type Attempt struct {
	Nonce      string
	Code       string
	Document   *DocumentScan
	Position   string
	ScannedAt  time.Time // by the terminal's clock
	Direction  Direction
	WholeOrder bool // everybody of the order who is not in yet
}

// DocumentScan is a document as it was read.
type DocumentScan struct {
	Type        document.Type
	Number      string
	Nationality string // ISO 3166 alpha-3, for passports
}

// maxCode bounds what a scanned code may be, in bytes. QR codes hold up to 2953.
const maxCode = 3000

// validate names the first field that is wrong.
func (a *Attempt) validate(offline bool) error {
	if err := checkNonce(a.Nonce); err != nil {
		return err
	}
	if a.Direction == "" {
		a.Direction = Entry
	}
	if !a.Direction.Valid() {
		return invalidField("direction", "want entry or exit, got %q", shorten(string(a.Direction)))
	}
	switch {
	case offline && ((a.Code != "") == (a.Position != "") || a.Document != nil):
		return invalidField("code", "want either a code or a position")
	case offline && a.WholeOrder:
		return invalidField("whole_order", "off line everybody is a scan of their own")
	case !offline && (a.Code == "" && a.Document == nil || a.Position != ""):
		return invalidField("code", "want a code, a document or both")
	case len(a.Code) > maxCode:
		return invalidField("code", "want at most %d bytes, got %d", maxCode, len(a.Code))
	case len(a.Position) > maxNonce:
		return invalidField("position_id", "want the id of a position")
	case a.ScannedAt.IsZero() || a.ScannedAt.Year() < 1970 || a.ScannedAt.Year() > 9999:
		return invalidField("scanned_at", "want the terminal's time of the scan")
	}
	return nil
}

// reading is what an attempt says, checked as far as that goes without looking
// into the store.
type reading struct {
	refused  Reason // why there is nothing to look for; empty = there is
	position string
	secret   *ticket.Secret // nil where no code was shown
	document []byte         // keyed, as positions have it
	holder   []byte         // of a document shown beside the code, keyed likewise
	kind     document.Type
	identity string // the same for two scans of one thing
}

func (s *Service) read(a Attempt, now time.Time) reading {
	switch {
	case a.Position != "":
		return reading{position: a.Position, identity: "position\n" + a.Position}
	case a.Document == nil:
		return s.readCode(a.Code)
	}
	doc, err := document.Parse(a.Document.Type, a.Document.Number, a.Document.Nationality, now)
	if err != nil {
		return reading{refused: DocumentInvalid, identity: "text\n" + string(a.Document.Type) + a.Document.Nationality + a.Document.Number + a.Code}
	}
	key := s.vault.Key("document", doc.Key())
	if a.Code == "" {
		return reading{document: key, kind: doc.Type, identity: "document\n" + doc.Key()}
	}
	read := s.readCode(a.Code)
	read.holder, read.kind, read.identity = key, doc.Type, read.identity+"\n"+doc.Key()
	return read
}

func (s *Service) readCode(code string) reading {
	t, err := s.tickets.Verify(code)
	switch {
	case err == nil:
		return reading{position: t.Position.String(), secret: &t.Secret, identity: "position\n" + t.Position.String()}
	case errors.Is(err, ticket.ErrMalformed):
		return reading{refused: NotATicket, identity: "text\n" + code}
	default:
		return reading{refused: Forged, identity: "text\n" + code}
	}
}

// item is one attempt on its way.
type item struct {
	ctx         context.Context //nolint:containedctx // an item is one call in flight; its caller's context travels with it
	by          credentials
	key         string
	fingerprint []byte
	attempt     Attempt
	read        reading
	skew        time.Duration
	offline     *offline

	answer Answer
	err    error
	done   chan error // buffered: who settles never waits for a caller
}

// offline is what is known of a scan that was made off line.
type offline struct {
	at      time.Time // corrected by the clock
	refused Reason    // why its time or list cannot be right; empty = they can
	late    Reason    // what was wrong with it, and does not undo it; empty = nothing
}

func (s *Service) item(ctx context.Context, c credentials, a Attempt, now time.Time) *item {
	read := s.read(a, now)
	mode := string(a.Direction)
	if a.WholeOrder {
		mode += " whole"
	}
	return &item{
		ctx: ctx, by: c, key: c.terminalID + "/" + a.Nonce, attempt: a, read: read,
		fingerprint: s.vault.Key("scan", mode+"\n"+read.identity)[:16], done: make(chan error, 1),
	}
}

// Scan judges one attempt, at once and for good. A refusal of the visitor is an
// answer, not an error; it fails with ErrInvalidField, ErrUnauthenticated,
// ErrRevoked, ErrTooOften, ErrNonceReused or ticketing.ErrUnavailable. Where
// the outcome is unknown, the same nonce asks again.
func (s *Service) Scan(ctx context.Context, token string, a Attempt) (Answer, error) {
	t, c, err := s.authenticate(ctx, token)
	if err != nil {
		return Answer{}, err
	}
	if err := s.scans.take(t.ID); err != nil {
		return Answer{}, err
	}
	if err := a.validate(false); err != nil {
		return Answer{}, err
	}
	now := s.now()
	it := s.item(ctx, c, a, now)
	it.skew = skewOf(a.ScannedAt, now)
	if err := s.desk.do(ctx, it); err != nil {
		return Answer{}, err
	}
	it.answer.Notices = s.notices(it.skew)
	s.metrics.scans.WithLabelValues(string(it.answer.Reason), "false").Inc()
	return it.answer, nil
}

// settleGroup judges attempts in one transaction, in order, and leaves each
// its answer or error. The error is the transaction's.
func (s *Service) settleGroup(ctx context.Context, items []*item) error {
	s.metrics.groups.Observe(float64(len(items)))
	return s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		r := newRound(s, tx)
		for _, it := range items {
			it.answer, it.err = Answer{}, it.ctx.Err() // who has gone is not let in
		}
		if err := r.load(ctx, items); err != nil {
			return err
		}
		for _, it := range items {
			if it.err == nil {
				r.settle(it)
			}
		}
		return r.write(ctx)
	})
}

var errBusy = &ticketing.Error{Code: ticketing.CodeUnavailable, Detail: "too many scans are waiting", RetryAfter: time.Second}
