package lists_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
)

const day = 24 * time.Hour

// offence is a block by a rule whose second block within 30 days stands for a
// day and whose third stands for a week.
func offence(key, event string, after time.Duration) enforcement.Denial {
	d := denial(key)
	d.EventID, d.At = event, start.Add(after)
	d.Repeat = &ingest.Repeat{Within: int64(30 * day / time.Second), TTL: []int64{86400, 7 * 86400}}
	return d
}

// stands denies and returns for how long the entry stands from its beginning.
func (f *fixture) stands(t *testing.T, d enforcement.Denial) time.Duration {
	t.Helper()
	f.now = d.At
	results, err := f.Deny(t.Context(), []enforcement.Denial{d})
	require.NoError(t, err)
	require.True(t, results[0].Stands)
	e, err := f.Get(t.Context(), results[0].EntryID)
	require.NoError(t, err)
	return e.Expires.Sub(e.Since)
}

func TestRepeatOffendersAreBlockedLonger(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		assert.Equal(t, time.Hour, f.stands(t, offence("a", "e1", 0)))
		assert.Equal(t, time.Hour, f.stands(t, offence("b", "e2", 2*time.Hour)), "somebody else's first")
		assert.Equal(t, day, f.stands(t, offence("a", "e3", 2*time.Hour)))
		assert.Equal(t, day, f.stands(t, offence("a", "e3", 2*time.Hour)), "redelivered")
		assert.Equal(t, day, f.stands(t, offence("a", "e1", 0)), "the first, redelivered, finds the second and changes nothing")
		assert.Equal(t, 7*day, f.stands(t, offence("a", "e4", 3*day)))
		assert.Equal(t, 7*day, f.stands(t, offence("a", "e5", 20*day)), "the fourth stands as long as the third")
		other := offence("a", "e6", 28*day)
		other.Rule = "polling"
		assert.Equal(t, time.Hour, f.stands(t, other), "another rule's first")
		assert.Equal(t, day, f.stands(t, offence("a", "e7", 49*day)), "of the earlier ones only that of day 20 is within 30 days")
		var details []string
		for _, a := range f.actions(t) {
			if a.Target.Key == "a" && a.Rule == "rotation" {
				details = append(details, a.Detail)
			}
		}
		assert.Equal(t, []string{
			"", "block 2 within 720h0m0s: stands for 24h0m0s", "block 3 within 720h0m0s: stands for 168h0m0s",
			"block 4 within 720h0m0s: stands for 168h0m0s", "block 2 within 720h0m0s: stands for 24h0m0s",
		}, details, "once a block, redelivered or not")
	})
}

func TestTryingOnWhileBlockedIsNoRepeat(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.stands(t, offence("a", "e1", 0))
		assert.Equal(t, 90*time.Minute, f.stands(t, offence("a", "e2", 30*time.Minute)), "extended by the first step's hour")
		f.stands(t, offence("a", "e3", 5*time.Hour))
		assert.Equal(t, 26*time.Hour, f.stands(t, offence("a", "e4", 7*time.Hour)), "extended by the second step's day")
	})
}

func TestTwoOffencesDeliveredTogether(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		results, err := f.Deny(t.Context(), []enforcement.Denial{offence("a", "e1", 0), offence("a", "e2", 2*time.Hour), offence("a", "e3", 3*time.Hour)})
		require.NoError(t, err)
		assert.NotEqual(t, results[0].EntryID, results[1].EntryID)
		assert.Equal(t, results[1].EntryID, results[2].EntryID)
		e, err := f.Get(t.Context(), results[2].EntryID)
		require.NoError(t, err)
		assert.Equal(t, start.Add(27*time.Hour), e.Expires)
	})
}

func TestWhoWasBlockedWronglyIsNoRepeatOffender(t *testing.T) {
	tests := map[string]func(t *testing.T, f *fixture, entry string) error{
		"cleared": func(t *testing.T, f *fixture, _ string) error {
			_, err := f.Clear(t.Context(), "museum", account("a"), start.Add(5*time.Hour), "li", "a person")
			return err
		},
		"lifted": func(t *testing.T, f *fixture, entry string) error {
			_, err := f.Lift(t.Context(), entry, "li", "a mistake")
			return err
		},
		"excepted": func(t *testing.T, f *fixture, _ string) error {
			f.now = start.Add(5 * time.Hour)
			_, err := f.Except(t.Context(), lists.Exception{
				Site: "museum", Target: account("a"), Rule: "rotation", Reason: "guide", Actor: "li", Expires: start.Add(6 * time.Hour),
			})
			return err
		},
	}
	for name, undo := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				results, err := f.Deny(t.Context(), []enforcement.Denial{offence("a", "e1", 0)})
				require.NoError(t, err)
				require.NoError(t, undo(t, f, results[0].EntryID))
				assert.Equal(t, time.Hour, f.stands(t, offence("a", "e2", 10*time.Hour)))
			})
		})
	}
	t.Run("undone with its rule after two", func(t *testing.T) {
		each(t, func(t *testing.T, f *fixture) {
			f.stands(t, offence("a", "e1", 0))
			f.stands(t, offence("a", "e2", 2*time.Hour))
			cause := enforcement.Cause{Site: "museum", Rule: "rotation", From: start, To: start.Add(3 * time.Hour)}
			require.NoError(t, f.Forbid(t.Context(), cause, "li", "the rule misfired"))
			entries, _, err := f.Caused(t.Context(), cause, "", 10)
			require.NoError(t, err)
			_, err = f.LiftEach(t.Context(), entries, "li", "the rule misfired")
			require.NoError(t, err)
			assert.Equal(t, time.Hour, f.stands(t, offence("a", "e3", 10*time.Hour)), "what had ended by itself was no offence either")
		})
	})
	t.Run("cleared after two", func(t *testing.T) {
		each(t, func(t *testing.T, f *fixture) {
			f.stands(t, offence("a", "e1", 0))
			f.stands(t, offence("a", "e2", 2*time.Hour))
			_, err := f.Clear(t.Context(), "museum", account("a"), start.Add(3*time.Hour), "li", "a person")
			require.NoError(t, err)
			assert.Equal(t, time.Hour, f.stands(t, offence("a", "e3", 10*time.Hour)), "what had ended by itself is forgotten, too")
		})
	})
}

func TestBadEscalationsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for name, change := range map[string]func(*enforcement.Denial){
			"no steps":       func(d *enforcement.Denial) { d.Repeat.TTL = nil },
			"no period":      func(d *enforcement.Denial) { d.Repeat.Within = 0 },
			"shorter":        func(d *enforcement.Denial) { d.Repeat.TTL = []int64{60} },
			"not ascending":  func(d *enforcement.Denial) { d.Repeat.TTL = []int64{7200, 7200} },
			"for ever":       func(d *enforcement.Denial) { d.Repeat.TTL = []int64{1 << 62} },
			"an operator's":  func(d *enforcement.Denial) { d.Source, d.Rule, d.Reason = enforcement.EntryByHand, "", "x" },
			"too many steps": func(d *enforcement.Denial) { d.Repeat.TTL = []int64{4e3, 5e3, 6e3, 7e3, 8e3, 9e3, 1e4, 2e4, 3e4} },
		} {
			d := offence("a", "e1", 0)
			change(&d)
			_, err := f.Deny(t.Context(), []enforcement.Denial{d})
			require.ErrorIs(t, err, enforcement.ErrBadDenial, name)
		}
		entries, _, err := f.List(t.Context(), lists.Filter{}, "", 10)
		require.NoError(t, err)
		assert.Empty(t, entries)
	})
}
