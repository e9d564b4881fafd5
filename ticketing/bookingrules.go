package ticketing

import "context"

// BookingRules says which version of the written booking rules, those that
// visitors agree to, is in force in a pool. The figure may be as old as what
// visitors are shown, unless it is asked for fresh. Versions never fall.
type BookingRules interface {
	RulesVersion(ctx context.Context, pool string, fresh bool) (int64, error)
}

// agreement is what a visitor was shown of the booking rules, and what is in
// force.
type agreement struct {
	shown   *int64 // nil = whichever are in force
	inForce int64
}

// agreement reads the version that a booking is made under. Somebody who was
// shown a later version than this process knows of has read it in another: then
// the store is asked.
func (s *Service) agreement(ctx context.Context, pool string, shown *int64) (agreement, error) {
	if shown != nil && *shown < 0 {
		return agreement{}, invalidField("rules_version", "want 0 or more, got %d", *shown)
	}
	if s.opts.BookingRules == nil {
		return agreement{shown: shown}, nil
	}
	version, err := s.opts.BookingRules.RulesVersion(ctx, pool, false)
	if err == nil && shown != nil && *shown > version {
		version, err = s.opts.BookingRules.RulesVersion(ctx, pool, true)
	}
	return agreement{shown, version}, err
}

// agree refuses a booking whose visitor was shown other rules than those in
// force, and says which these are.
func (o *Order) agree(a agreement) error {
	if a.shown != nil && *a.shown != a.inForce {
		changed := *ErrRulesChanged
		changed.Version = a.inForce
		return &changed
	}
	o.RulesVersion = a.inForce
	return nil
}
