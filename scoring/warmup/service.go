package warmup

import (
	"context"
	"time"

	"fairgate/rules"
)

// Service tells operators how far features are. It is safe for concurrent use.
type Service struct {
	store   Store
	program func() *rules.Program
	now     func() time.Time
}

// NewService returns a Service; program gives the ruleset in force, nil while
// there is none, and now may be nil for the system's clock.
func NewService(store Store, program func() *rules.Program, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store: store, program: program, now: now}
}

// Program is the ruleset in force.
func (s *Service) Program() *rules.Program { return s.program() }

// States tells how far the features of the ruleset in force are, and which
// version that is.
func (s *Service) States(ctx context.Context) (states []State, version string, err error) {
	p := s.program()
	if p == nil {
		return []State{}, "", nil
	}
	records, err := s.store.Records(ctx)
	if err != nil {
		return nil, "", err
	}
	return States(p, records, s.now()), p.Version(), nil
}
