package lists_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/rules"
)

func TestExceptionsAreNeverBlanket(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		good := lists.Exception{
			Site: "museum", Target: account("guide"), Rule: "rotation", Reason: "tour guide", Actor: "li", Expires: start.Add(lists.MaxException),
		}
		for want, change := range map[string]func(*lists.Exception){
			`entity "" is unknown`:                       func(x *lists.Exception) { x.Target.Entity = "" },
			`entity "pool" is unknown`:                   func(x *lists.Exception) { x.Target.Entity = rules.EntityPool },
			"key has 0 bytes":                            func(x *lists.Exception) { x.Target.Key = "" },
			"key has 257 bytes":                          func(x *lists.Exception) { x.Target.Key = strings.Repeat("x", enforcement.MaxKey+1) },
			`rule "" is not the id of one rule`:          func(x *lists.Exception) { x.Rule = "" },
			`rule "*" is not the id of one rule`:         func(x *lists.Exception) { x.Rule = "*" },
			`rule "rotation_" is not the id of one rule`: func(x *lists.Exception) { x.Rule = "rotation_" },
			"needs an actor":                             func(x *lists.Exception) { x.Actor = "" },
			"and a reason (0 bytes)":                     func(x *lists.Exception) { x.Reason = "" },
			"every exception ends":                       func(x *lists.Exception) { x.Expires = time.Time{} },
			"lies in the past":                           func(x *lists.Exception) { x.Expires = start },
			"more than 184 days ahead":                   func(x *lists.Exception) { x.Expires = x.Expires.Add(time.Second) },
		} {
			x := good
			change(&x)
			_, err := f.Except(t.Context(), x)
			require.ErrorIs(t, err, lists.ErrBadInput, want)
			require.ErrorContains(t, err, want)
		}
		entries, _, err := f.List(t.Context(), lists.Filter{}, "", 10)
		require.NoError(t, err)
		assert.Empty(t, entries, "what is refused changes nothing")
		_, err = f.Except(t.Context(), good)
		require.NoError(t, err)
	})
}

func TestExceptionsEnd(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		_, err := f.Except(t.Context(), lists.Exception{
			Site: "museum", Target: account("guide"), Rule: "rotation", Reason: "tour guide", Actor: "li", Expires: start.Add(time.Hour),
		})
		require.NoError(t, err)
		for after, excused := range map[time.Duration]bool{0: true, 59 * time.Minute: true, time.Hour: false} {
			got, err := f.Excused(t.Context(), "museum", account("guide"), "rotation", start.Add(after))
			require.NoError(t, err)
			assert.Equal(t, excused, got, after)
		}
		for what, wrong := range map[string][3]string{
			"another site": {"zoo", "guide", "rotation"}, "another subject": {"museum", "stranger", "rotation"}, "another rule": {"museum", "guide", "polling"},
		} {
			got, err := f.Excused(t.Context(), wrong[0], account(wrong[1]), wrong[2], start)
			require.NoError(t, err)
			assert.False(t, got, what)
		}
	})
}
