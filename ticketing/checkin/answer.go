package checkin

import (
	"strings"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// AgeClass says whether a visitor is a child.
type AgeClass string

// The classes. A document that tells no age gives neither.
const (
	Child AgeClass = "child" // under 18 on the visit day, or tied to an adult
	Adult AgeClass = "adult"
)

// Valid reports whether a is one of the known classes, or empty.
func (a AgeClass) Valid() bool { return a == "" || a == Child || a == Adult }

// adultAge is in full years.
const adultAge = 18

// Person is whom a steward has before them, as far as that may be shown.
type Person struct {
	NameMasked     string
	DocumentType   document.Type
	DocumentMasked string
	Age            AgeClass // empty = not known
	Product        string   // the ticket type; empty in a pool without products
	ProductName    string
}

// Prior says when and where a ticket was used last.
type Prior struct {
	At       time.Time
	Gate     string
	Terminal string // its name
}

// Outcome is what a scan means for one person.
type Outcome struct {
	PositionID string
	Accepted   bool
	Reason     Reason
	Person     *Person // nil where the ticket is not this person's, or gone
	Prior      *Prior  // where it was redeemed already
}

// Answer is what a terminal gets for a scan. It is accepted if anybody may
// pass.
type Answer struct {
	Accepted  bool
	Reason    Reason
	Conflict  Reason // of a scan made off line: what on line would have refused it
	Direction Direction
	At        time.Time
	Repeated  bool // the nonce was known: this is the earlier answer
	OrderID   string
	OrderSize int
	Pool      string
	Outcomes  []Outcome // the scanned ticket's first; none where it is unknown
	Skew      time.Duration
	Notices   []Notice
}

// answer makes an answer of a scan's parts, the same from new ones as from
// stored ones.
func (r *round) answer(scans []Scan) Answer {
	first := scans[0]
	a := Answer{
		Reason: first.Reason, Conflict: first.Conflict, Direction: first.Direction, At: first.RecordedAt,
		OrderID: first.OrderID, Pool: first.Pool, Skew: first.Skew,
	}
	for _, scan := range scans {
		a.Accepted = a.Accepted || scan.Accepted
		if scan.OrderID == "" {
			continue
		}
		out := Outcome{PositionID: scan.PositionID, Accepted: scan.Accepted, Reason: scan.Reason}
		if !scan.PriorAt.IsZero() {
			out.Prior = &Prior{At: scan.PriorAt, Gate: scan.PriorGate, Terminal: scan.PriorName}
		}
		if b := r.booked[scan.PositionID]; b != nil && scan.Reason != Superseded && scan.Conflict != Superseded {
			out.Person = r.person(b)
			a.OrderSize = b.OrderSize
		}
		a.Outcomes = append(a.Outcomes, out)
	}
	if a.Accepted {
		a.Reason = OK
	}
	return a
}

func (r *round) person(b *Booked) *Person {
	p := &Person{
		NameMasked: b.NameMasked, DocumentType: b.DocumentType, DocumentMasked: b.DocumentMasked,
		Age: r.s.ageOf(b.Position, b.Date), Product: b.Product,
	}
	if pool := r.pools[b.Pool]; pool != nil {
		for _, product := range pool.Products {
			if product.ID == b.Product {
				p.ProductName = product.Name
			}
		}
	}
	return p
}

// documentOf opens a position's sealed document.
func (s *Service) documentOf(p ticketing.Position) (document.Document, error) {
	text, err := s.vault.Open("document", p.DocumentSealed)
	if err != nil {
		return document.Document{}, err
	}
	nationality, number, _ := strings.Cut(text, "\n")
	return document.Document{Type: p.DocumentType, Number: number, Nationality: nationality}, nil
}

// ageOf classes a visitor on the visit day.
func (s *Service) ageOf(p ticketing.Position, on ticketing.Date) AgeClass {
	if p.AdultID != "" {
		return Child
	}
	doc, err := s.documentOf(p)
	if err != nil {
		return "" // a key that is gone keeps nobody out
	}
	born, known := doc.Born()
	day, err := time.Parse(time.DateOnly, string(on))
	if !known || err != nil {
		return ""
	}
	if born.AddDate(adultAge, 0, 0).After(day) {
		return Child
	}
	return Adult
}
