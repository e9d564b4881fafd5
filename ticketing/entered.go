package ticketing

import (
	"context"
	"slices"
)

// notEntered refuses what cannot be done any more once one of these positions
// of an order has been used to enter. Check-ins are written through the same
// store, so that of a cancellation and a check-in that cross exactly one wins.
func (w *work) notEntered(ctx context.Context, o Order, positions []Position) error {
	entered, err := w.Entered(ctx, o.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(positions, func(p Position) bool { return slices.Contains(entered, p.ID) }) {
		return ErrEntered
	}
	return nil
}
