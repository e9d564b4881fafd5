package budget

import (
	"context"
	"encoding/json"
	"fmt"

	"fairgate/enforcement"
	"fairgate/enforcement/witness"
	"fairgate/ingest/outcome"
)

// FromOutcome reads evidence from a report of the booking system
// (outcome.Record as JSON); ok is false where it tells of none.
func FromOutcome(value []byte) (t Testimony, ok bool, err error) {
	var r outcome.Record
	if err := json.Unmarshal(value, &r); err != nil {
		return t, false, fmt.Errorf("read an outcome: %w", err)
	}
	if r.Type != outcome.CheckedIn || r.AccountID == "" || r.Site == "" || r.OccurredAt.IsZero() {
		return t, false, nil
	}
	return Testimony{Site: r.Site, Account: r.AccountID, Kind: CheckedIn, At: r.OccurredAt}, true, nil
}

// FromLabel reads evidence from a label (enforcement.Label as JSON); ok is
// false where it tells of none. Only what people said of an account after
// looking at it makes a human; anything but a hint can make a scalper: a person
// who often does not come is still one.
func FromLabel(value []byte) (t Testimony, ok bool, err error) {
	var l enforcement.Label
	if err := json.Unmarshal(value, &l); err != nil {
		return t, false, fmt.Errorf("read a label: %w", err)
	}
	t = Testimony{Site: l.Site, Account: l.Account, At: l.Time}
	switch {
	case l.Site == "" || l.Account == "" || l.Time.IsZero():
		return t, false, nil
	case l.Source.Hint():
		return t, false, nil
	case l.Value == enforcement.LabelScalper:
		t.Kind = Scalper
	case l.Value != enforcement.LabelHuman:
		return t, false, nil
	case l.Source == enforcement.SourceReview, l.Source == enforcement.SourceAppeal:
		t.Kind = Cleared
	case l.Source == enforcement.SourceSample:
		t.Kind = Human
	default:
		return t, false, nil
	}
	return t, true, nil
}

// Witness takes evidence from a source until ctx ends, and then returns nil; an
// error is the source's. What cannot be read is logged and passed over: the
// ledger keeps such messages. read is FromOutcome or FromLabel.
func (s *Service) Witness(
	ctx context.Context, source enforcement.Source, read func(value []byte) (Testimony, bool, error),
) error {
	return witness.Run(ctx, source, witness.Options{
		Told: "evidence", Kept: "evidence of people", Logger: s.options.Logger, Now: s.options.Now, Bad: ErrBadInput,
	}, read, func(ctx context.Context, t Testimony) error { return s.Note(ctx, []Testimony{t}) })
}
