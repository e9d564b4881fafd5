package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// activities holds what pools that visitors sign up for keep.
func activities(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	least := 1.5
	lecture := ticketing.Pool{
		ID: "lecture", Kind: ticketing.PoolLecture, Name: "讲座", NameEN: "A lecture", LimitPerOrder: 2, Hold: time.Second, Version: 1,
		Rules: ticketing.Rules{MinAge: 14, MaxAge: 30, OncePerDocument: true, PhoneRequired: true},
		Activity: &ticketing.Activity{DescriptionZH: "“青铜”\n讲座", Fields: []ticketing.Field{
			{ID: "school", LabelZH: "学校", LabelEN: "School", Type: ticketing.FieldText, Per: ticketing.PerPosition, MaxLength: 9, Personal: true},
			{ID: "n", LabelZH: "数", LabelEN: "Number", Type: ticketing.FieldNumber, Min: &least, Required: true},
		}},
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.PutPool(ctx, lecture) })
	opens := start().Add(time.Hour)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		require.NoError(t, tx.OpenDay(ctx, pool, day, opens))
		require.ErrorIs(t, tx.OpenDay(ctx, pool, "2026-05-12", opens), ticketing.ErrNotFound)
		return tx.PutDay(ctx, pool, day, 11) // the opening stays
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Pool(ctx, "lecture")
		require.NoError(t, err)
		assert.Equal(t, lecture, got)
		at, err := r.DayOpening(ctx, pool, day)
		require.NoError(t, err)
		assert.Equal(t, opens, at)
		at, err = r.DayOpening(ctx, pool, "2026-05-11")
		require.NoError(t, err)
		assert.Zero(t, at)
		_, err = r.DayOpening(ctx, pool, "2026-05-12")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		return nil
	})
	assert.Equal(t, opens, onlyDay(t, s).OpensAt)
	visitorsAnswers(t, s)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		other := order("o3", "d1")
		other.Date = "2026-05-11"
		require.NoError(t, tx.InsertOrder(ctx, other))
		gone := order("o4", "d9")
		gone.State = ticketing.StateCancelled
		return tx.InsertOrder(ctx, gone)
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		for document, want := range map[string][]ticketing.Date{"d1": {day, "2026-05-11"}, "d2": {day}, "d9": nil} {
			days, err := r.StandingDays(ctx, pool, []byte(document))
			require.NoError(t, err)
			assert.Equal(t, want, days, document)
		}
		return nil
	})
}

func visitorsAnswers(t *testing.T, s Store) {
	t.Helper()
	of := func(position, field, value string) ticketing.FieldAnswer {
		return ticketing.FieldAnswer{PositionID: position, Field: field, Type: ticketing.FieldText, LabelZH: "签", LabelEN: "L", Value: value}
	}
	sealed := of("", "z-first", "王*")
	sealed.Personal, sealed.Sealed = true, []byte{0, 255}
	var many []ticketing.FieldAnswer
	for _, position := range []string{"p2", "p1"} {
		for i := range 60 {
			many = append(many, of(position, "f"+string(rune('a'+i)), "v"))
		}
	}
	first := append([]ticketing.FieldAnswer{sealed, of("", "a-second", "否")}, many...)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		require.NoError(t, tx.InsertOrder(ctx, order("o1", "d1")))
		require.NoError(t, tx.InsertOrder(ctx, order("o2", "d2")))
		require.NoError(t, tx.PutAnswers(ctx, "o2", []ticketing.FieldAnswer{of("p3", "x", "theirs")}))
		return tx.PutAnswers(ctx, "o1", first)
	})
	answers := func() map[string][]ticketing.FieldAnswer {
		var got map[string][]ticketing.FieldAnswer
		view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
			got, err = r.AnswersOf(ctx, "o1", "o2", "o9")
			return err
		})
		return got
	}
	assert.Equal(t, map[string][]ticketing.FieldAnswer{"o1": first, "o2": {of("p3", "x", "theirs")}}, answers(), "in the order they were asked")
	next := of("p4", "fa", "new")
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.PutAnswers(ctx, "o1", []ticketing.FieldAnswer{next})
	})
	assert.Equal(t, []ticketing.FieldAnswer{first[0], first[1], next}, answers()["o1"], "the order's own stay")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		none, err := r.AnswersOf(ctx)
		assert.Empty(t, none)
		return err
	})
}
