package ticketing

import "context"

// BookingRules says which version of the written booking rules, those that
// visitors agree to, is in force in a pool. The figure may be as old as what
// visitors are shown, unless it is asked for fresh. Versions never fall.
type BookingRules interface {
	RulesVersion(ctx context.Context, pool string, fresh bool) (int64, error)
}

// rulesInForce is the version that a booking is made under. Somebody who was
// shown a later version than this process knows of has read it in another: then
// the store is asked.
func (s *Service) rulesInForce(ctx context.Context, pool string, shown *int64) (int64, error) {
	if shown != nil && *shown < 0 {
		return 0, invalidField("rules_version", "want 0 or more, got %d", *shown)
	}
	if s.opts.BookingRules == nil {
		return 0, nil
	}
	version, err := s.opts.BookingRules.RulesVersion(ctx, pool, false)
	if err == nil && shown != nil && *shown > version {
		version, err = s.opts.BookingRules.RulesVersion(ctx, pool, true)
	}
	return version, err
}

// agree refuses a booking whose visitor was shown other rules than those in
// force, and says which these are.
func (o *Order) agree(shown *int64, inForce int64) error {
	if shown != nil && *shown != inForce {
		changed := *ErrRulesChanged
		changed.Version = inForce
		return &changed
	}
	o.RulesVersion = inForce
	return nil
}
