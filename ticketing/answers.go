package ticketing

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Answers are what visitors answer to an activity's fields, by the field's id:
// a string, a float64 or a bool, as JSON has them.
type Answers map[string]any

// FieldAnswer is an answer as it is kept: in the field's words at the time it
// was given. An answer to a personal field is sealed, and Value is masked.
type FieldAnswer struct {
	PositionID string // empty = of the order
	Field      string
	Type       FieldType
	LabelZH    string
	LabelEN    string
	Value      string
	Personal   bool

	Sealed []byte `json:"-"` // with the purpose "answer"; empty where the field is not personal
}

// ActivityReader reads what activities keep. AnswersOf reads what was answered
// with orders, in the order it was asked, by id of the order; orders without
// answers are not in it. DayOpening is when a day's booking opens by its own
// word, zero if it says nothing; it fails with ErrNotFound. StandingDays says on
// which days of the pool, in order, a document has a live position.
type ActivityReader interface {
	AnswersOf(ctx context.Context, orders ...string) (map[string][]FieldAnswer, error)
	DayOpening(ctx context.Context, pool string, day Date) (time.Time, error)
	StandingDays(ctx context.Context, pool string, documentKey []byte) ([]Date, error)
}

// ActivityWriter keeps it. PutAnswers puts these in the place of the answers
// that the order's positions have; those of the order itself are added. OpenDay
// sets when the booking of a day opens; zero = by the pool's rules.
type ActivityWriter interface {
	PutAnswers(ctx context.Context, order string, answers []FieldAnswer) error
	OpenDay(ctx context.Context, pool string, day Date, at time.Time) error
}

// answered checks what an order's visitors have answered to the pool's fields,
// and seals what is personal. Whatever is wrong is named as answers.ID or
// positions[i].answers.ID.
func (s *Service) answered(pool Pool, positions []Position, given Answers) ([]FieldAnswer, error) {
	fields := pool.fields()
	out, err := s.answersTo(fields, PerOrder, "answers", "", given)
	if err != nil {
		return nil, err
	}
	of, err := s.answeredPositions(pool, positions)
	return append(out, of...), err
}

// answeredPositions is what answered does for the positions alone.
func (s *Service) answeredPositions(pool Pool, positions []Position) ([]FieldAnswer, error) {
	var out []FieldAnswer
	for i, p := range positions {
		of, err := s.answersTo(pool.fields(), PerPosition, fmt.Sprintf("positions[%d].answers", i), p.ID, p.answers)
		if err != nil {
			return nil, err
		}
		out = append(out, of...)
	}
	return out, nil
}

// answerAnew puts what an order's new visitors answer in the place of what the
// former ones did. What was answered for the order itself stays with it.
func (s *Service) answerAnew(ctx context.Context, w *work, o Order) error {
	pool, err := w.Pool(ctx, o.Pool)
	if err != nil {
		return err
	}
	answers, err := s.answeredPositions(pool, o.Positions)
	if err != nil || !pool.Kind.SignUp() {
		return err
	}
	return w.PutAnswers(ctx, o.ID, answers)
}

// fields are what the pool asks.
func (p Pool) fields() []Field {
	if p.Activity == nil {
		return nil
	}
	return p.Activity.Fields
}

// answersTo checks one set of answers against the fields that are asked so
// often.
func (s *Service) answersTo(fields []Field, per FieldPer, at, position string, given Answers) ([]FieldAnswer, error) {
	for _, id := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.ID == id })
		if i < 0 {
			return nil, invalidField(at+"."+shorten(id), "the pool asks no such thing")
		}
		if fields[i].per() != per {
			return nil, invalidField(at+"."+id, "is asked once for each %s", fields[i].per())
		}
	}
	var out []FieldAnswer
	for _, f := range fields {
		if f.per() != per {
			continue
		}
		value, err := f.read(at+"."+f.ID, given[f.ID])
		if err != nil {
			return nil, err
		}
		if value == "" {
			continue
		}
		answer := FieldAnswer{
			PositionID: position, Field: f.ID, Type: f.Type, LabelZH: f.LabelZH, LabelEN: f.LabelEN, Value: value, Personal: f.Personal,
		}
		if f.Personal {
			answer.Sealed, answer.Value = s.vault.Seal("answer", value), f.mask(value)
		}
		out = append(out, answer)
	}
	return out, nil
}

// mask hides a personal answer: of a text the first character stays.
func (f Field) mask(value string) string {
	if f.Type == FieldText {
		return maskName(value)
	}
	return "****"
}

// read checks one answer and writes it as text; an empty one is none.
func (f Field) read(at string, given any) (string, error) {
	if text, ok := given.(string); given == nil || ok && strings.TrimSpace(text) == "" {
		if f.Required {
			return "", invalidField(at, "wants an answer")
		}
		return "", nil
	}
	switch f.Type {
	case FieldBoolean:
		if answer, ok := given.(bool); ok {
			return strconv.FormatBool(answer), nil
		}
		return "", invalidField(at, "want true or false")
	case FieldNumber:
		return f.readNumber(at, given)
	case FieldText, FieldChoice, FieldDate:
	}
	text, ok := given.(string)
	if !ok {
		return "", invalidField(at, "want a %s as text", f.Type)
	}
	text = strings.TrimSpace(text)
	switch f.Type {
	case FieldChoice:
		if !slices.Contains(f.Options, text) {
			return "", invalidField(at, "want one of the %d options", len(f.Options))
		}
	case FieldDate:
		if _, err := ParseDate(text); err != nil {
			return "", invalidField(at, "want a date of the form YYYY-MM-DD")
		}
	case FieldText, FieldNumber, FieldBoolean:
		return text, f.checkText(at, text)
	}
	return text, nil
}

func (f Field) checkText(at, text string) error {
	most := f.MaxLength
	if most == 0 {
		most = defaultText
	}
	// Bytes first: counting characters of a huge text is work.
	if len(text) > most*utf8.UTFMax || utf8.RuneCountInString(text) > most {
		return invalidField(at, "want at most %d characters", most)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return invalidField(at, "want text without control characters")
	}
	return nil
}

func (f Field) readNumber(at string, given any) (string, error) {
	n, ok := given.(float64)
	if !ok || !(math.Abs(n) <= maxNumber) {
		return "", invalidField(at, "want a number from -1e15 to 1e15")
	}
	if f.Min != nil && n < *f.Min {
		return "", invalidField(at, "want at least %s", formatNumber(*f.Min))
	}
	if f.Max != nil && n > *f.Max {
		return "", invalidField(at, "want at most %s", formatNumber(*f.Max))
	}
	return formatNumber(n), nil
}

// formatNumber writes a number without exponent and needless digits.
func formatNumber(n float64) string {
	if n == 0 {
		return "0" // not -0
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// withAnswers reads what was answered with orders into them.
func withAnswers(ctx context.Context, r ActivityReader, orders []Order) error {
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	found, err := r.AnswersOf(ctx, ids...)
	if err != nil {
		return err
	}
	for i := range orders {
		orders[i].Answers = found[orders[i].ID]
	}
	return nil
}
