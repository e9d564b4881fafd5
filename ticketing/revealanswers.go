package ticketing

import (
	"context"
	"fmt"
	"slices"
)

// RevealAnswers are the personal answers to what an activity asks.
const RevealAnswers RevealField = "answers"

// unsealAnswers opens the personal answers of positions, and, where the whole
// order is asked for, those of the order. What has been erased stays masked.
func (s *Service) unsealAnswers(ctx context.Context, w *work, o Order, positions []Position, want RevealRequest) ([]FieldAnswer, error) {
	if !slices.Contains(want.Fields, RevealAnswers) {
		return nil, nil
	}
	found, err := w.AnswersOf(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	var out []FieldAnswer
	for _, a := range found[o.ID] {
		asked := slices.ContainsFunc(positions, func(p Position) bool { return p.ID == a.PositionID })
		if !a.Personal || !asked && (a.PositionID != "" || len(want.Positions) > 0) {
			continue
		}
		if len(a.Sealed) > 0 {
			if a.Value, err = s.vault.Open("answer", a.Sealed); err != nil {
				return nil, fmt.Errorf("answer to %q: %w", a.Field, err)
			}
		}
		out = append(out, a)
	}
	return out, nil
}
