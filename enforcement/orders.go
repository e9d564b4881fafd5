package enforcement

import (
	"context"
	"errors"
)

// Refusals of the booking system that no retry mends.
var (
	// ErrPastCutoff: only a person may withdraw the order now.
	ErrPastCutoff = errors.New("order is past its cut-off")
	// ErrNoPlace: the place was given away meanwhile.
	ErrNoPlace = errors.New("no place is left to give back")
	// ErrOrderGone: there is no such order, or it is in no state for this.
	ErrOrderGone = errors.New("order is gone")
)

// HeldOrder is an order that may still be taken back.
type HeldOrder struct {
	ID    string
	State string // held or provisional
}

// Orders is the booking system as enforcement needs it; *booking.Client is
// one. All calls may be repeated.
type Orders interface {
	// Held lists the account's held and provisional orders.
	Held(ctx context.Context, account string) ([]HeldOrder, error)
	// Withdraw takes an order back. It fails with ErrPastCutoff or
	// ErrOrderGone where that is refused for good.
	Withdraw(ctx context.Context, order, reasonCode, receipt string) error
	// Reinstate gives a withdrawn order back. It fails with ErrNoPlace or
	// ErrOrderGone where that is refused for good.
	Reinstate(ctx context.Context, order string) error
}
