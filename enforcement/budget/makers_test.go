package budget_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/budget"
)

func TestWhoMadeTheRuleCannotLiftIt(t *testing.T) {
	away := errors.New("the versions are away")
	var failure error
	makers := func(_ context.Context, version, rule string) ([]string, error) {
		if version != "v1" || rule != "bad" {
			return nil, nil
		}
		return []string{"writer", "editor", "publisher"}, failure
	}
	each(t, budget.Options{Makers: makers}, func(t *testing.T, h *house) {
		failure = nil
		h.step()
		for _, p := range h.people("p", 12)[:4] {
			h.spend(blocked(p))
		}
		require.True(t, h.curb.On("bad"))
		for _, who := range []string{"ana", "writer", "editor", "publisher"} {
			_, err := h.s.Lift(t.Context(), "bad", who, "it is fine")
			require.ErrorIs(t, err, budget.ErrOwner, who)
		}
		failure = away
		_, err := h.s.Lift(t.Context(), "bad", "root", "it is fine")
		require.ErrorIs(t, err, away, "nobody lifts what nobody can be asked about")
		h.step()
		require.True(t, h.curb.On("bad"), "nothing was changed")
		failure = nil
		d, err := h.s.Lift(t.Context(), "bad", "root", "it is fine")
		require.NoError(t, err)
		assert.Equal(t, "root", d.LiftedBy)
	})
}
