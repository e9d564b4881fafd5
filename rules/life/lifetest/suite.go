package lifetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/rules/life"
)

// at is when the suite's things happen; stores keep milliseconds.
var at = time.Date(2026, 10, 1, 9, 0, 0, 123e6, time.UTC)

// version is one that is complete in every field that a draft has.
func version(ruleset, text string) life.Version {
	return life.Version{
		Ruleset: ruleset, State: life.Draft, Hash: life.HashOf([]byte(text)), Program: "0123456789ab", Base: life.HashOf(nil),
		Author: "ana", Editors: []string{"bea", "陈"}, Reason: "抢票 in the morning", Text: text, Created: at, Changed: at.Add(time.Minute),
	}
}

// Run holds a store to what life.Store promises; open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) life.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, life.Store){
		"versions are numbered and kept":    keepsVersions,
		"a version is saved as it was read": savesAsRead,
		"one publication wins":              onePublicationWins,
		"a publication records":             publicationRecords,
		"numbers are given once":            numbersOnce,
		"tightenings":                       tightenings,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func keepsVersions(t *testing.T, s life.Store) {
	first, err := s.Insert(t.Context(), version("museum", "a: 1"))
	require.NoError(t, err)
	assert.EqualValues(t, 1, first.Number)
	second := version("museum", "b: \"二\"")
	second.State, second.Approval = life.Approved, &life.Approval{
		By: "sec", At: at, Hash: second.Hash, Base: second.Base, Reason: "seen", Override: "it is meant",
		Overrides: []life.Objection{{Kind: life.ObjectionLint, Rule: "r", Text: "Hidden.", Overridable: true}},
	}
	second.Rejection = &life.Rejection{By: "sec", At: at, Reason: "no"}
	second, err = s.Insert(t.Context(), second)
	require.NoError(t, err)
	other, err := s.Insert(t.Context(), version("opera", "c: 1"))
	require.NoError(t, err)
	assert.EqualValues(t, 2, second.Number)
	assert.EqualValues(t, 1, other.Number, "each ruleset counts for itself")

	for _, want := range []life.Version{first, second, other} {
		got, err := s.Version(t.Context(), want.Ruleset, want.Number)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err = s.Version(t.Context(), "museum", 3)
	require.ErrorIs(t, err, life.ErrNotFound)
	_, err = s.Version(t.Context(), "nobody", 1)
	require.ErrorIs(t, err, life.ErrNotFound)

	listed, err := s.List(t.Context(), "museum", 0, 10)
	require.NoError(t, err)
	second.Text, first.Text = "", ""
	assert.Equal(t, []life.Version{second, first}, listed)
	listed, err = s.List(t.Context(), "museum", 2, 10)
	require.NoError(t, err)
	assert.Equal(t, []life.Version{first}, listed)
	listed, err = s.List(t.Context(), "museum", 0, 1)
	require.NoError(t, err)
	assert.Equal(t, []life.Version{second}, listed)
}

func savesAsRead(t *testing.T, s life.Store) {
	was, err := s.Insert(t.Context(), version("museum", "a: 1"))
	require.NoError(t, err)
	v := was
	v.Text, v.Hash, v.State = "a: 2", life.HashOf([]byte("a: 2")), life.Proposed
	require.NoError(t, s.Save(t.Context(), was, v))
	require.ErrorIs(t, s.Save(t.Context(), was, v), life.ErrStale, "it is proposed now, with another hash")
	got, err := s.Version(t.Context(), "museum", 1)
	require.NoError(t, err)
	assert.Equal(t, v, got)
	v.Number = 9
	require.ErrorIs(t, s.Save(t.Context(), v, v), life.ErrStale)
}

// publishing is how a draft comes into force.
func publishing(v life.Version, replaces int64) life.Publishing {
	p := life.Publishing{Version: v, Was: v, Replaces: replaces, Programs: []string{v.Program}, File: life.HashOf([]byte("file"))}
	p.Version.State, p.Version.Publication = life.Published, &life.Publication{By: "sec", At: at.Add(time.Hour), Reason: "go", Replaces: v.Base}
	return p
}

func onePublicationWins(t *testing.T, s life.Store) {
	const writers = 8
	var won, stale atomic.Int64
	var wait sync.WaitGroup
	for i := range writers {
		v, err := s.Insert(t.Context(), version("museum", fmt.Sprintf("a: %d", i)))
		require.NoError(t, err)
		wait.Go(func() {
			switch err := s.Publish(context.WithoutCancel(t.Context()), publishing(v, 0)); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, life.ErrStale):
				stale.Add(1)
			default:
				assert.NoError(t, err)
			}
		})
	}
	wait.Wait()
	assert.EqualValues(t, 1, won.Load())
	assert.EqualValues(t, writers-1, stale.Load())
	all, err := s.List(t.Context(), "museum", 0, writers)
	require.NoError(t, err)
	live, err := s.Live(t.Context(), "museum")
	require.NoError(t, err)
	for _, v := range all {
		assert.Equal(t, v.Number == live.Version.Number, v.State == life.Published, "version %d is %s", v.Number, v.State)
	}
}

func publicationRecords(t *testing.T, s life.Store) {
	live, err := s.Live(t.Context(), "museum")
	require.NoError(t, err)
	assert.Equal(t, life.Live{}, live, "nothing was ever published")
	first, err := s.Insert(t.Context(), version("museum", "a: 1"))
	require.NoError(t, err)
	second, err := s.Insert(t.Context(), version("museum", "a: 2"))
	require.NoError(t, err)
	require.NoError(t, s.Begin(t.Context(), tightening("one", "r"), nil))
	require.NoError(t, s.Begin(t.Context(), tightening("two", "q"), nil))

	p := publishing(first, 0)
	p.Steps = []life.Step{{
		Ruleset: "museum", Rule: "r", Number: 1, Before: rules.ModeShadow, After: rules.ModeCanary, Effect: life.Stronger,
		Fields: []string{"share"}, By: "sec", Second: "root", Reason: "go", At: at,
	}}
	p.Ended, p.Programs = []string{"one"}, []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"}
	require.NoError(t, s.Publish(t.Context(), p))
	live, err = s.Live(t.Context(), "museum")
	require.NoError(t, err)
	assert.Equal(t, &p.Version, live.Version)
	require.Len(t, live.Tightenings, 1)
	assert.Equal(t, "two", live.Tightenings[0].ID)

	q := publishing(second, 1)
	q.Steps = []life.Step{{Ruleset: "museum", Rule: "r", Number: 2, Before: rules.ModeCanary, Effect: life.Weaker, By: "ana", Reason: "gone", At: at}}
	q.Programs = []string{"bbbbbbbbbbbb"}
	require.NoError(t, s.Publish(t.Context(), q))
	old, err := s.Version(t.Context(), "museum", 1)
	require.NoError(t, err)
	assert.Equal(t, life.Superseded, old.State)
	assert.Equal(t, at.Add(time.Hour), old.Publication.Until)
	steps, err := s.Steps(t.Context(), "museum", "r", 10)
	require.NoError(t, err)
	assert.Equal(t, []life.Step{q.Steps[0], p.Steps[0]}, steps)
	for program, want := range map[string]int64{"aaaaaaaaaaaa": 1, "bbbbbbbbbbbb": 2} {
		number, err := s.Program(t.Context(), "museum", program)
		require.NoError(t, err)
		assert.Equal(t, want, number)
	}
	_, err = s.Program(t.Context(), "museum", "cccccccccccc")
	require.ErrorIs(t, err, life.ErrNotFound)

	third, err := s.Insert(t.Context(), version("museum", "a: 3"))
	require.NoError(t, err)
	edited := third
	edited.Hash = life.HashOf([]byte("other"))
	require.NoError(t, s.Save(t.Context(), third, edited))
	require.ErrorIs(t, s.Publish(t.Context(), publishing(third, 2)), life.ErrStale, "it was edited meanwhile")
	live, err = s.Live(t.Context(), "museum")
	require.NoError(t, err)
	assert.EqualValues(t, 2, live.Version.Number, "nothing of a refused publication stays")
}

func numbersOnce(t *testing.T, s life.Store) {
	const writers = 10
	var wait sync.WaitGroup
	numbers := make([]int64, writers)
	for i := range writers {
		wait.Go(func() {
			v, err := s.Insert(context.WithoutCancel(t.Context()), version("museum", "a: 1"))
			assert.NoError(t, err)
			numbers[i] = v.Number
		})
	}
	wait.Wait()
	assert.ElementsMatch(t, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, numbers)
}

func tightening(id, rule string) life.Tightening {
	return life.Tightening{ID: id, Ruleset: "museum", Rule: rule, By: "ana", Reason: "a wave of bots", Begun: at, Ends: at.Add(life.BreakGlass)}
}

func tightenings(t *testing.T, s life.Store) {
	one := tightening("one", "r")
	require.NoError(t, s.Begin(t.Context(), one, []string{"aaaaaaaaaaaa"}))
	number, err := s.Program(t.Context(), "museum", "aaaaaaaaaaaa")
	require.NoError(t, err)
	assert.Zero(t, number, "over the shipped document")
	require.ErrorIs(t, s.Begin(t.Context(), tightening("two", "r"), nil), life.ErrState)
	live, err := s.Live(t.Context(), "museum")
	require.NoError(t, err)
	assert.Equal(t, []life.Tightening{one}, live.Tightenings)

	later := tightening("three", "r")
	later.Begun, later.Ends = one.Ends, one.Ends.Add(time.Hour)
	require.NoError(t, s.Begin(t.Context(), later, nil), "the first ran out, recorded or not")

	ended, first, err := s.End(t.Context(), "museum", "one", at.Add(time.Minute), "bea", "over")
	require.NoError(t, err)
	assert.True(t, first)
	one.Ended, one.EndedBy, one.EndReason = at.Add(time.Minute), "bea", "over"
	assert.Equal(t, one, ended)
	ended, first, err = s.End(t.Context(), "museum", "one", at.Add(time.Hour), "eve", "again")
	require.NoError(t, err)
	assert.False(t, first, "it is recorded once")
	assert.Equal(t, one, ended)
	_, _, err = s.End(t.Context(), "museum", "nine", at, "eve", "none")
	require.ErrorIs(t, err, life.ErrNotFound)

	since, err := s.Tightened(t.Context(), "museum", at)
	require.NoError(t, err)
	assert.Equal(t, []life.Tightening{later, one}, since)
	since, err = s.Tightened(t.Context(), "museum", at.Add(time.Second))
	require.NoError(t, err)
	assert.Equal(t, []life.Tightening{later}, since)
}
