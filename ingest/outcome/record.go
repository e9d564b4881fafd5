// Package outcome takes in what happens to an order away from the gateway:
// it was paid, it expired, it was withdrawn, its holder came or did not.
//
// It owns the Record, its decoding and validation, and the ways in (signed
// webhook, CSV, poll). It joins on the order id and knows nothing of how the
// booking system works inside.
package outcome

import (
	"slices"
	"time"
)

// Type is what happened to an order.
type Type string

// Types that a booking system may report.
const (
	Held        Type = "order.held"
	Provisional Type = "order.provisional"
	Confirmed   Type = "order.confirmed"
	HoldExpired Type = "hold.expired"
	Paid        Type = "order.paid"
	Cancelled   Type = "order.cancelled"
	Changed     Type = "order.changed"
	Transferred Type = "order.transferred"
	Withdrawn   Type = "order.withdrawn"
	Reinstated  Type = "order.reinstated"
	Refunded    Type = "order.refunded"
	CheckedIn   Type = "order.checked_in"
	NoShow      Type = "order.no_show"

	// NoShowLifted takes a no-show back, of as many positions as it says.
	NoShowLifted Type = "order.no_show_lifted"
	// Mismatched: a ticket of it was shown at the gate with the document of a
	// stranger to the order.
	Mismatched Type = "order.mismatched"
)

// Types lists every Type, in the order in which an order usually meets them.
func Types() []Type {
	return []Type{
		Held, Provisional, Confirmed, HoldExpired, Paid, Cancelled, Changed,
		Transferred, Withdrawn, Reinstated, Refunded, Mismatched, CheckedIn, NoShow, NoShowLifted,
	}
}

// Valid reports whether t is one of Types.
func (t Type) Valid() bool { return slices.Contains(Types(), t) }

// Record is one report about one order. ID makes a repeated delivery
// harmless.
type Record struct {
	ID         string    `json:"id"`
	Type       Type      `json:"type"`
	OccurredAt time.Time `json:"occurred_at"`
	Site       string    `json:"site,omitempty"` // set by the receiver
	OrderID    string    `json:"order_id"`
	AccountID  string    `json:"account_id,omitempty"`
	// FromAccountID is the former owner, where Type is Transferred.
	FromAccountID string `json:"from_account_id,omitempty"`
	Pool          string `json:"pool,omitempty"`
	Date          string `json:"date,omitempty"` // YYYY-MM-DD
	State         string `json:"state,omitempty"`
	Positions     int    `json:"positions,omitempty"`
	// Channel is through whom it was sold; empty, web or miniprogram: by one of
	// the visitors' own ways.
	Channel string `json:"channel,omitempty"`
	// RequestID is the event id of the request that caused it, where the
	// gateway's request did; empty otherwise.
	RequestID string `json:"request_id,omitempty"`
}
