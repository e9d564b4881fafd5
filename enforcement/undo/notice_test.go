package undo_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/notices"
	"fairgate/rules"
)

// TellLifted is the booking system that tells accounts, those without a phone
// excepted.
func (h *house) TellLifted(_ context.Context, account, _ string) (bool, error) {
	if strings.HasPrefix(account, "mute") {
		return false, nil
	}
	h.told = append(h.told, account)
	return true, nil
}

func (h *house) deliver() {
	h.t.Helper()
	_, err := h.notices.Work(h.t.Context())
	require.NoError(h.t, err)
}

func TestThoseWhoseBlockIsLiftedAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, account := range []string{"anna", "bert", "mute", "sure", "both"} {
			h.block("bad", "v1", account, at)
		}
		h.block("good", "v1", "both", at.Add(time.Second))
		h.bookings.book("booker", "o1", "held")
		h.block("bad", "v1", "booker", at)
		h.block("bad", "v1", "ended", at.Add(-2*time.Hour))
		target := enforcement.Target{Entity: rules.EntityAccount, Key: "sure"}
		standing, err := h.cases.StandingOf(t.Context(), "museum", target)
		require.NoError(t, err)
		_, err = h.cases.Confirm(t.Context(), standing.Case.ID, "li", "resells")
		require.NoError(t, err)

		u, err := h.undo.Begin(t.Context(), enforcement.Cause{Site: "museum", Rule: "bad", Ruleset: "v1"}, "root", "it misfires")
		require.NoError(t, err)
		h.lists.fault, h.lists.after = errors.New("the process died"), true // after it lifted, before anybody was noted
		_, err = h.undo.Work(t.Context())
		require.NoError(t, err)
		h.lists.fault = nil
		h.deliver()
		assert.Empty(t, h.told, "nobody before it is done")
		h.now = h.now.Add(5 * time.Second)
		u = h.finish(u.ID)
		h.deliver()
		h.deliver()
		assert.ElementsMatch(t, []string{"anna", "bert"}, h.told, "once each; who gets an order back is told with it")
		u, err = h.undo.Get(t.Context(), "museum", u.ID)
		require.NoError(t, err)
		assert.Equal(t, map[notices.State]int{notices.Told: 2, notices.Untold: 1, notices.WithOrder: 1}, u.Notices)
	})
}

func TestWhoIsClearedIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.block("bad", "v1", "anna", at)
		for _, account := range []string{"anna", "anna", "unblocked"} {
			_, err := h.cases.ClearTarget(t.Context(), "museum", enforcement.Target{Entity: rules.EntityAccount, Key: account},
				enforcement.SourceAppeal, "li", "a teacher")
			require.NoError(t, err)
			h.deliver()
		}
		assert.Equal(t, []string{"anna"}, h.told, "once, and only who was blocked")
	})
}
