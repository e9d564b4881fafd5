package ticketing

import (
	"slices"
	"time"
)

// EventType names what happened to an order.
type EventType string

// What can happen to an order. The names are part of the webhook contract.
const (
	EventHeld        EventType = "order.held"
	EventProvisional EventType = "order.provisional"
	EventConfirmed   EventType = "order.confirmed"
	EventHoldExpired EventType = "hold.expired"
	EventPaid        EventType = "order.paid"
	EventCancelled   EventType = "order.cancelled"
	EventChanged     EventType = "order.changed"
	EventTransferred EventType = "order.transferred"
	EventWithdrawn   EventType = "order.withdrawn"
	EventReinstated  EventType = "order.reinstated"
	EventNoShow      EventType = "order.no_show"    // positions of it were not used
	EventCheckedIn   EventType = "order.checked_in" // positions of it entered for the first time

	EventNoShowLifted EventType = "order.no_show_lifted" // a no-show was recorded wrongly: they came after all, or are excused
	EventMismatched   EventType = "order.mismatched"     // at the gate, its ticket was shown with the document of a stranger to it
)

// EventTypes lists every EventType, in the order in which an order usually
// meets them.
func EventTypes() []EventType {
	return []EventType{
		EventHeld, EventProvisional, EventConfirmed, EventHoldExpired, EventPaid, EventCancelled,
		EventChanged, EventTransferred, EventWithdrawn, EventReinstated, EventMismatched, EventCheckedIn, EventNoShow, EventNoShowLifted,
	}
}

// Valid reports whether t is one of EventTypes.
func (t EventType) Valid() bool { return slices.Contains(EventTypes(), t) }

// Event is one entry of the outbox: what happened to an order, written in the
// transaction that made it happen. It is also the JSON that receivers see.
type Event struct {
	Seq           int64     `json:"seq"` // position in the outbox, in order of commit, without gaps
	ID            string    `json:"id"`  // UUIDv7, the key to deduplicate by
	Type          EventType `json:"type"`
	OccurredAt    Millis    `json:"occurred_at"`
	OrderID       string    `json:"order_id"`
	AccountID     string    `json:"account_id"`
	FromAccountID string    `json:"from_account_id,omitempty"` // the former owner, on a transfer
	Pool          string    `json:"pool"`
	Date          Date      `json:"date"`
	State         State     `json:"state"`             // of the order after the event
	Positions     int       `json:"positions"`         // how many; of a check-in: that entered
	Channel       string    `json:"channel,omitempty"` // that sold it; empty = web
	RequestID     string    `json:"request_id"`        // of the causing request; empty when time caused it
}

// Millis is a moment that is written to JSON as RFC 3339 in UTC with exactly
// three decimals.
type Millis struct{ time.Time }

const millisLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON implements json.Marshaler.
func (m Millis) MarshalJSON() ([]byte, error) {
	return []byte(`"` + m.UTC().Format(millisLayout) + `"`), nil
}
