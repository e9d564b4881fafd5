package ticketing

// Rules are what a pool asks of bookings beyond its price and capacity. The
// zero value of a field means that there is no such rule.
type Rules struct {
	MinorAge       int `json:"minor_age,omitempty"`        // visitors younger than this, in full years on the visit day, need an adult in their order
	MinorsPerAdult int `json:"minors_per_adult,omitempty"` // that one adult may bring
}

// validate names the first field that is wrong.
func (r Rules) validate() error {
	for _, bound := range []struct {
		field      string
		value, max int64
	}{
		{"rules.minor_age", int64(r.MinorAge), adultAge},
		{"rules.minors_per_adult", int64(r.MinorsPerAdult), maxLimitPerOrder},
	} {
		if bound.value < 0 || bound.value > bound.max {
			return invalidField(bound.field, "want 0 to %d, got %d", bound.max, bound.value)
		}
	}
	return nil
}
