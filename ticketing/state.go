package ticketing

// State says where an order stands.
type State string

// The states of an order. Held, provisional and confirmed orders occupy their
// places; the others have given them back.
const (
	StateHeld        State = "held"        // occupies places until the hold expires
	StateProvisional State = "provisional" // booked; the house may still withdraw it
	StateConfirmed   State = "confirmed"   // booked for good, paid where there is a price
	StateExpired     State = "expired"     // the hold ran out
	StateCancelled   State = "cancelled"   // given up by its owner
	StateWithdrawn   State = "withdrawn"   // taken back by the house; may be reinstated
)

// Valid reports whether s is one of the known states.
func (s State) Valid() bool {
	switch s {
	case StateHeld, StateProvisional, StateConfirmed, StateExpired, StateCancelled, StateWithdrawn:
		return true
	}
	return false
}

// Live reports whether an order in this state occupies its places.
func (s State) Live() bool {
	return s == StateHeld || s == StateProvisional || s == StateConfirmed
}

// CanBecome reports whether an order may go from s to next. Provisional and
// confirmed orders may also stay what they are while their day or owner
// changes, and a changed day may open the provisional time anew.
func (s State) CanBecome(next State) bool {
	switch s {
	case StateHeld:
		return next == StateExpired || next == StateProvisional || next == StateConfirmed ||
			next == StateCancelled || next == StateWithdrawn
	case StateProvisional:
		return next == StateProvisional || next == StateConfirmed || next == StateCancelled || next == StateWithdrawn
	case StateConfirmed:
		return next == StateConfirmed || next == StateProvisional || next == StateCancelled
	case StateWithdrawn:
		return next == StateHeld || next == StateProvisional || next == StateConfirmed
	case StateExpired, StateCancelled:
		return false
	}
	return false
}
