package ticketing

import (
	"time"

	"fairgate/ticketing/document"
)

// Order is one booking: some positions in one pool on one day. Times are UTC
// with millisecond precision; a zero time means "not set".
type Order struct {
	ID               string
	AccountID        string
	Pool             string
	Date             Date
	Slot             Clock // start of the slot; empty on a day without slots
	State            State
	Positions        []Position
	TotalFen         int64 // price of all positions in fen, 1/100 yuan
	RequestID        string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	HoldExpiresAt    time.Time
	ProvisionalUntil time.Time
	PaidAt           time.Time
	Withdrawal       Withdrawal
	ReinstatedAt     time.Time
	Notice           NoticeState   // whether its visitor was told of the withdrawal or reinstatement; only read for those who are shown the order
	Leader           Leader        // of a group booking
	Channel          string        // that sold it
	Answers          []FieldAnswer // to what an activity asks; only read for those who are shown the order
	RulesVersion     int64         // of the booking rules that it was made under; 0 = there were none
}

// Place is where the order has its places.
func (o Order) Place() Place { return Place{Pool: o.Pool, Date: o.Date, Slot: o.Slot} }

// Places is how many places the order draws from the capacity.
func (o Order) Places() int {
	places := 0
	for _, p := range o.Positions {
		places += p.Places
	}
	return places
}

// Position is one visitor's place within an order. What identifies the visitor
// is kept sealed (see Keys) and never leaves as JSON; the masked forms do.
type Position struct {
	ID             string
	NameMasked     string
	DocumentMasked string
	DocumentType   document.Type
	Product        string // the ticket type; empty in a pool without products
	Unit           int    // the ticket within the order: positions of one ticket share it
	PriceFen       int64  // the first position of a ticket carries its price
	Places         int    // drawn from the capacity: 0 or 1
	Stage          int    // of the release, that the place is from; 0 = the day had none, or StageAllotment
	AdultID        string // position of the adult that a minor is tied to

	// What is odd about the document's number; told when it is booked, not stored.
	WarningZH, WarningEN string `json:",omitempty"`

	Secret         string `json:"-"` // of the QR code, in hexadecimal
	DocumentKey    []byte `json:"-"` // keyed HMAC, unique per pool day among live positions
	DocumentSealed []byte `json:"-"`
	NameSealed     []byte `json:"-"`
	PhoneSealed    []byte `json:"-"` // empty when no phone was given
	PhoneKey       []byte `json:"-"` // keyed HMAC; nil when no phone was given

	born time.Time // date of birth, where the document tells it; not stored

	document document.Document // as parsed; not stored
	answers  Answers           // as typed; stored with the order
}

// Withdrawal records that the house took an order back, and from which state.
type Withdrawal struct {
	From       State
	ReasonCode string
	Receipt    string
	At         time.Time
}

// Visitor is the person a position is booked for, as typed.
type Visitor struct {
	Name        string
	Phone       string // optional
	Type        document.Type
	Number      string
	Nationality string  // ISO 3166 alpha-3, for passports
	Product     string  // the ticket type; empty in a pool without products
	Answers     Answers // to what an activity asks of each position
}

// Booking asks for places.
type Booking struct {
	Pool     string
	Date     string
	Slot     string // start of the slot; empty on a day without slots
	Hold     bool   // hold even where the pool is free of charge
	Visitors []Visitor
	Answers  Answers // to what an activity asks of an order
	Channel  string  // that sells it; empty = web

	RulesVersion *int64 // of the booking rules that the visitor was shown; nil = whichever are in force
}

// moveTo sets the state if the state machine allows it.
func (o *Order) moveTo(next State, now time.Time) error {
	if !o.State.CanBecome(next) {
		return invalidState(o.State)
	}
	o.State, o.UpdatedAt = next, now
	if next != StateHeld {
		o.HoldExpiresAt = time.Time{}
	}
	return nil
}

// settle moves a held or booked order to where a booked order of this pool
// stands now: provisional until the pool's cut-off before the day, confirmed
// after it or once paid.
func (o *Order) settle(pool Pool, now time.Time) error {
	until := pool.ProvisionalUntil(o.Date)
	if !o.PaidAt.IsZero() || !now.Before(until) {
		o.ProvisionalUntil = time.Time{}
		return o.moveTo(StateConfirmed, now)
	}
	o.ProvisionalUntil = until
	return o.moveTo(StateProvisional, now)
}
