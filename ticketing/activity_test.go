package ticketing_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// lecture makes the pool a lecture with fields, on two days.
func (f *fixture) lecture(rules ticketing.Rules, fields ...ticketing.Field) {
	f.t.Helper()
	f.signUp(ticketing.PoolLecture, rules, fields...)
}

func (f *fixture) signUp(kind ticketing.PoolKind, rules ticketing.Rules, fields ...ticketing.Field) {
	f.t.Helper()
	_, err := f.PutPool(f.t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool:     ticketing.Pool{ID: "main", Name: "讲座", LimitPerOrder: 5, Hold: 10 * time.Minute, Cutoff: 24 * time.Hour},
		Kind:     &kind,
		Activity: &ticketing.Activity{PlaceZH: "报告厅", Fields: fields},
		Rules:    &rules,
		Days:     []ticketing.DayCapacity{{Date: may10, Capacity: 9}, {Date: may11, Capacity: 9}},
	})
	require.NoError(f.t, err)
}

func field(id string, kind ticketing.FieldType) ticketing.Field {
	f := ticketing.Field{ID: id, LabelZH: "问" + id, LabelEN: "Ask " + id, Type: kind}
	if kind == ticketing.FieldChoice {
		f.Options = []string{"a", "b"}
	}
	return f
}

func TestAnActivityThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	text, one, two, nan := field("x", ticketing.FieldText), 1.0, 2.0, math.NaN()
	with := func(change func(*ticketing.Field)) ticketing.Activity {
		bad := text
		change(&bad)
		return ticketing.Activity{Fields: []ticketing.Field{bad}}
	}
	for want, activity := range map[string]ticketing.Activity{
		"activity.description_zh":       {DescriptionZH: strings.Repeat("x", 4001)},
		"activity.description_en":       {DescriptionEN: "\xff"},
		"activity.place_zh":             {PlaceZH: strings.Repeat("x", 201)},
		"activity.speaker_en":           {SpeakerEN: strings.Repeat("x", 201)},
		"activity.fields":               {Fields: make([]ticketing.Field, 21)},
		"activity.fields[1].id":         {Fields: []ticketing.Field{text, text}},
		"activity.fields[0].id":         with(func(f *ticketing.Field) { f.ID = "X" }),
		"activity.fields[0].label_zh":   with(func(f *ticketing.Field) { f.LabelZH = "" }),
		"activity.fields[0].label_en":   with(func(f *ticketing.Field) { f.LabelEN = strings.Repeat("x", 201) }),
		"activity.fields[0].type":       with(func(f *ticketing.Field) { f.Type = "file" }),
		"activity.fields[0].per":        with(func(f *ticketing.Field) { f.Per = "person" }),
		"activity.fields[0].max_length": with(func(f *ticketing.Field) { f.MaxLength = 1001 }),
		"activity.fields[0].options":    with(func(f *ticketing.Field) { f.Options = []string{"a"} }),
		"activity.fields[0].min":        with(func(f *ticketing.Field) { f.Min = &one }),
		"activity.fields[0].max":        with(func(f *ticketing.Field) { f.Type, f.Min, f.Max = ticketing.FieldNumber, &two, &one }),
	} {
		f.refused(want, ticketing.PoolLecture, activity)
	}
	for want, change := range map[string]func(*ticketing.Field){
		"activity.fields[0].options":    func(f *ticketing.Field) { f.Options = nil },
		"activity.fields[0].options[1]": func(f *ticketing.Field) { f.Options = []string{"a", "a"} },
		"activity.fields[0].options[0]": func(f *ticketing.Field) { f.Options = []string{""} },
		"activity.fields[0].max_length": func(f *ticketing.Field) { f.MaxLength = 5 },
		"activity.fields[0].max":        func(f *ticketing.Field) { f.Type, f.Options, f.Max = ticketing.FieldNumber, nil, &nan },
	} {
		bad := field("x", ticketing.FieldChoice)
		change(&bad)
		f.refused(want, ticketing.PoolActivity, ticketing.Activity{Fields: []ticketing.Field{bad}})
	}
	f.refused("kind", "party", ticketing.Activity{})
	f.refused("activity", ticketing.PoolSpecial, ticketing.Activity{})
	_, err := f.Pool(t.Context(), "main")
	require.ErrorIs(t, err, ticketing.ErrNotFound, "nothing was made")
}

// refused tries to make a pool and holds which field is named.
func (f *fixture) refused(field string, kind ticketing.PoolKind, activity ticketing.Activity) {
	f.t.Helper()
	_, err := f.PutPool(f.t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Second}, Kind: &kind, Activity: &activity,
	})
	var refusal *ticketing.Error
	require.ErrorAs(f.t, err, &refusal, field)
	assert.Equal(f.t, field, refusal.Field, refusal.Detail)
}

func TestKindsOfPools(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 5)
	p, err := f.Pool(t.Context(), "main")
	require.NoError(t, err)
	assert.Equal(t, ticketing.PoolPermanent, p.Kind, "unless it says otherwise")
	opens := hours(5)
	put := func(change ticketing.PoolChange) error {
		change.Pool = ticketing.Pool{ID: "main", Name: "主馆", LimitPerOrder: 5, Hold: time.Minute}
		_, err := f.PutPool(t.Context(), ticketing.Call{}, change)
		return err
	}
	own := ticketing.PoolChange{Days: []ticketing.DayCapacity{{Date: may10, Capacity: 5}, {Date: may11, Capacity: 5, OpensAt: &opens}}}
	err = put(own)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	require.ErrorContains(t, err, "days[1].opens_at")
	kind, name := ticketing.PoolGuardian, "Guardians"
	own.Kind, own.NameEN = &kind, &name
	require.NoError(t, put(own))
	require.NoError(t, put(ticketing.PoolChange{}))
	p, err = f.Pool(t.Context(), "main")
	require.NoError(t, err)
	assert.Equal(t, []any{kind, name, true}, []any{p.Kind, p.NameEN, p.Rules.PhoneRequired}, "what is not given stays")
	back := ticketing.PoolPermanent
	require.ErrorContains(t, put(ticketing.PoolChange{Kind: &back}), "cannot become permanent")
	require.NotNil(t, p.Rules.CheckIn)
	begins, ends := p.Rules.CheckIn.Window(ticketing.Place{Pool: "main", Date: may10, Slot: "14:00"}, "15:30")
	day := ticketing.Date(may10).Start()
	assert.Equal(t, []time.Duration{13*time.Hour + 30*time.Minute, 15*time.Hour + 30*time.Minute}, []time.Duration{begins.Sub(day), ends.Sub(day)}, "signing in")
	changes, err := f.Changes(t.Context(), "main", 1, 10)
	require.NoError(t, err)
	require.Len(t, changes, 1, "the second of them changed nothing")
	assert.Contains(t, string(changes[0].After), `"kind":"guardian","name_en":"Guardians"`)
	assert.Contains(t, string(changes[0].After), `"opens_at":"2026-05-01T09:00:00Z"`)
}

func TestDaysOpenByThemselves(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.lecture(ticketing.Rules{DaysAhead: 9, DailyOpening: "20:00"}) // the tenth on the first, at eight in the evening
	own, account := hours(2), f.person(1)
	opens := func(at *time.Time) {
		_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
			Pool: ticketing.Pool{ID: "main", Name: "讲座", LimitPerOrder: 5, Hold: time.Minute},
			Days: []ticketing.DayCapacity{{Date: may11, Capacity: 9, OpensAt: at}},
		})
		require.NoError(t, err)
	}
	shown := func() []time.Time {
		stock, err := f.Stock(t.Context(), "main", may10, may11)
		require.NoError(t, err)
		return []time.Time{stock.Days[0].OpensAt, stock.Days[1].OpensAt}
	}
	assert.Equal(t, []time.Time{hours(8), hours(8 + 24)}, shown())
	opens(&own)
	opens(nil)
	assert.Equal(t, []time.Time{hours(8), own}, shown(), "the eleventh says for itself")
	for _, step := range []struct {
		after        time.Duration
		tenth, other error
	}{
		{0, ticketing.ErrNotOpen, ticketing.ErrNotOpen},
		{2*time.Hour - time.Millisecond, ticketing.ErrNotOpen, ticketing.ErrNotOpen},
		{time.Millisecond, ticketing.ErrNotOpen, nil},
		{6*time.Hour - time.Millisecond, ticketing.ErrNotOpen, nil},
		{time.Millisecond, nil, nil},
	} {
		f.pass(step.after)
		n := int(f.now.Load() % 1e6)
		_, err := f.try(account, may10, n)
		require.ErrorIs(t, err, step.tenth)
		_, err = f.try(account, may11, n)
		require.ErrorIs(t, err, step.other)
	}
	opens(&time.Time{})
	assert.Equal(t, hours(8+24), shown()[1], "by the rules again")
	o, err := f.try(account, may10, 70)
	require.NoError(t, err)
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may11, "")
	require.ErrorIs(t, err, ticketing.ErrNotOpen, "nor by a change of date")
}

func TestAnswersThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	least, most := -1.5, 10.0
	text, number, needed := field("t", ticketing.FieldText), field("n", ticketing.FieldNumber), field("r", ticketing.FieldText)
	text.MaxLength, number.Min, number.Max, needed.Required = 3, &least, &most, true
	each := field("e", ticketing.FieldText)
	each.Per, each.Required = ticketing.PerPosition, true
	f.lecture(ticketing.Rules{}, text, number, needed, each, field("c", ticketing.FieldChoice), field("b", ticketing.FieldBoolean), field("d", ticketing.FieldDate))
	account := f.person(1)
	sign := func(of ticketing.Answers, position ticketing.Answers) (ticketing.Order, error) {
		b := booking("main", 1)
		b.Answers, b.Visitors[0].Answers = of, position
		return f.Book(t.Context(), ticketing.Call{}, account, b)
	}
	mine := ticketing.Answers{"e": "x"}
	for _, c := range []struct {
		field string
		value any
	}{
		{"answers.t", "四个字符"},
		{"answers.t", 5.0},
		{"answers.t", "a\x00"},
		{"answers.t", "\xff"},
		{"answers.t", []any{"x"}},
		{"answers.n", "5"},
		{"answers.n", -2.0},
		{"answers.n", 10.5},
		{"answers.n", math.NaN()},
		{"answers.n", math.Inf(1)},
		{"answers.r", ""},
		{"answers.r", "  "},
		{"answers.r", nil},
		{"answers.c", "c"},
		{"answers.c", true},
		{"answers.b", "true"},
		{"answers.b", 1.0},
		{"answers.d", "2026-02-31"},
		{"answers.d", 20260510.0},
		{"answers.e", "x"},
		{"answers.zz", "x"},
	} {
		given := ticketing.Answers{"r": "here", strings.TrimPrefix(c.field, "answers."): c.value}
		_, err := sign(given, mine)
		var refusal *ticketing.Error
		require.ErrorAs(t, err, &refusal, "%s = %v", c.field, c.value)
		assert.Equal(t, c.field, refusal.Field, refusal.Detail)
	}
	_, err := sign(ticketing.Answers{"r": "here"}, nil)
	require.ErrorContains(t, err, "positions[0].answers.e")
	_, err = sign(ticketing.Answers{"r": "here"}, ticketing.Answers{"e": "x", "t": "y"})
	require.ErrorContains(t, err, "positions[0].answers.t")
	assert.Equal(t, 9, f.left(may10), "nothing was taken")
	o, err := sign(ticketing.Answers{"r": " here ", "t": "三个字", "n": -1.5, "c": "b", "b": false, "d": "2026-05-10"}, mine)
	require.NoError(t, err)
	var values []string
	for _, a := range o.Answers {
		values = append(values, a.Field+"="+a.Value)
	}
	assert.Equal(t, []string{"t=三个字", "n=-1.5", "r=here", "c=b", "b=false", "d=2026-05-10", "e=x"}, values)
	f.pool("plain", 0, 1)
	b := booking("plain", 5)
	b.Answers = ticketing.Answers{"t": "x"}
	_, err = f.Book(t.Context(), ticketing.Call{}, account, b)
	require.ErrorContains(t, err, "answers.t")
}

func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	school := field("school", ticketing.FieldText)
	school.Per, school.Personal, school.Required = ticketing.PerPosition, true, true
	meal := field("meal", ticketing.FieldChoice)
	f.lecture(ticketing.Rules{}, school, meal)
	account, other := f.person(1), f.person(2)
	b := booking("main", 1, 2)
	b.Answers = ticketing.Answers{"meal": "a"}
	b.Visitors[0].Answers, b.Visitors[1].Answers = ticketing.Answers{"school": "第一中学"}, ticketing.Answers{"school": "Second"}
	call := ticketing.Call{IdempotencyKey: "k"}
	o, err := f.Book(t.Context(), call, account, b)
	require.NoError(t, err)
	again, err := f.Book(t.Context(), call, account, b)
	require.NoError(t, err)
	assert.Len(t, again.Answers, 3)
	require.Len(t, o.Answers, 3)
	assert.Equal(t, "第***", o.Answers[1].Value, "shown masked")
	assert.NotContains(t, string(o.Answers[1].Sealed), "中学")

	shown, err := f.Reveal(t.Context(), ticketing.Call{Actor: "li"}, ticketing.RevealRequest{
		Order: o.ID, Positions: []string{o.Positions[1].ID}, Fields: []ticketing.RevealField{ticketing.RevealAnswers}, Reason: "a group from a school",
	})
	require.NoError(t, err)
	require.Len(t, shown.Answers, 1, "of the position that was named")
	assert.Equal(t, []string{o.Positions[1].ID, "Second"}, []string{shown.Answers[0].PositionID, shown.Answers[0].Value})

	renamed := meal
	renamed.ID, renamed.LabelZH = "drink", "饮料"
	f.lecture(ticketing.Rules{}, renamed)
	read := func(account string) []string {
		o, err := f.Order(t.Context(), account, o.ID)
		require.NoError(t, err)
		out := make([]string, len(o.Answers))
		for i, a := range o.Answers {
			out[i] = fmt.Sprint(a.LabelZH, " ", a.Value)
		}
		return out
	}
	assert.Equal(t, []string{"问meal a", "问school 第***", "问school S****"}, read(account), "in the words of their time")
	orders, _, err := f.Orders(t.Context(), account, ticketing.OrderQuery{Limit: 500})
	require.NoError(t, err)
	assert.Len(t, orders[0].Answers, 3)
	f.lecture(ticketing.Rules{}, school, meal)
	hand := ticketing.Transfer{ToAccountID: other, Visitors: []ticketing.Visitor{visitor(3), visitor(4)}}
	_, err = f.Transfer(t.Context(), ticketing.Call{}, account, o.ID, hand)
	require.ErrorContains(t, err, "positions[0].answers.school")
	hand.Visitors[0].Answers, hand.Visitors[1].Answers = ticketing.Answers{"school": "Third"}, ticketing.Answers{"school": "Fourth"}
	_, err = f.Transfer(t.Context(), ticketing.Call{}, account, o.ID, hand)
	require.NoError(t, err)
	assert.Equal(t, []string{"问meal a", "问school T****", "问school F****"}, read(other), "the former visitors' answers are gone")
}

func TestWhoMaySignUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.signUp(ticketing.PoolGuardian, ticketing.Rules{MinAge: 18, MaxAge: 60, OncePerDocument: true})
	account := f.person(1)
	aged := func(date string) ticketing.Visitor {
		v := born(date, 1, "")
		v.Phone = "13900000000"
		return v
	}
	sign := func(date string, v ticketing.Visitor) (ticketing.Order, error) {
		return f.Book(t.Context(), ticketing.Call{}, account, ticketing.Booking{Pool: "main", Date: date, Visitors: []ticketing.Visitor{v}})
	}
	_, err := sign(may10, visitor(1))
	require.ErrorContains(t, err, "positions[0].phone")
	_, err = sign(may10, aged("20080511"))
	require.ErrorIs(t, err, ticketing.ErrTooYoung, "eighteen on the day after")
	_, err = sign(may11, aged("20080511"))
	require.NoError(t, err)
	_, err = sign(may10, aged("19650510"))
	require.ErrorIs(t, err, ticketing.ErrTooOld)
	o, err := sign(may10, aged("19650511"))
	require.NoError(t, err)
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may11, "")
	require.ErrorIs(t, err, ticketing.ErrTooOld, "ages count on the new day")
	adult := aged("19900101")
	o, err = sign(may10, adult)
	require.NoError(t, err)
	_, err = sign(may11, adult)
	require.ErrorIs(t, err, ticketing.ErrSignedUp)
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may11, "")
	require.NoError(t, err, "instead is not twice")
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	_, err = sign(may10, adult)
	require.NoError(t, err)
	for want, rules := range map[string]ticketing.Rules{
		"rules.min_age": {MinAge: 151}, "rules.max_age": {MinAge: 20, MaxAge: 19},
	} {
		_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
			Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Minute}, Rules: &rules,
		})
		require.ErrorContains(t, err, want)
	}
}
