package httpapi

import (
	"bytes"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/ticketing"
)

// fieldAnswer is what was answered to a field of an activity, in the field's
// words at the time; masked where it is personal.
type fieldAnswer struct {
	Field    string              `json:"field"`
	Type     ticketing.FieldType `json:"type"`
	LabelZH  string              `json:"label_zh"`
	LabelEN  string              `json:"label_en"`
	Value    string              `json:"value"`
	Personal bool                `json:"personal,omitempty"`
}

func showAnswer(a ticketing.FieldAnswer) fieldAnswer {
	return fieldAnswer{Field: a.Field, Type: a.Type, LabelZH: a.LabelZH, LabelEN: a.LabelEN, Value: a.Value, Personal: a.Personal}
}

// showAnswers puts what was answered where it belongs: to the order, or to one
// of its positions.
func (out *order) showAnswers(answers []ticketing.FieldAnswer) {
	for _, a := range answers {
		shown := showAnswer(a)
		if a.PositionID == "" {
			out.Answers = append(out.Answers, shown)
			continue
		}
		for i := range out.Positions {
			if out.Positions[i].ID == a.PositionID {
				out.Positions[i].Answers = append(out.Positions[i].Answers, shown)
			}
		}
	}
}

// settable is a moment that a body may set, take away with null, or leave as it
// is by saying nothing.
type settable struct {
	given bool
	at    time.Time
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *settable) UnmarshalJSON(text []byte) error {
	*s = settable{given: true}
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	return s.at.UnmarshalJSON(text)
}

// Schema implements huma.SchemaProvider.
func (settable) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

// value is nil where the body says nothing.
func (s settable) value() *time.Time {
	if !s.given {
		return nil
	}
	return &s.at
}

// ofKind keeps the pools of a kind; empty keeps all.
func ofKind(pools []ticketing.Pool, kind string) ([]ticketing.Pool, error) {
	if kind == "" {
		return pools, nil
	}
	wanted := ticketing.PoolKind(kind)
	if !wanted.Valid() {
		return nil, &ticketing.Error{Code: ticketing.CodeInvalidField, Field: "kind", Detail: "want permanent, special, activity, lecture or guardian"}
	}
	var kept []ticketing.Pool
	for _, p := range pools {
		if p.Kind == wanted {
			kept = append(kept, p)
		}
	}
	return kept, nil
}
