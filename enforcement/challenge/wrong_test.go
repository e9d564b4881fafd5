package challenge_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/ingest"
)

func TestTheFirstWrongAnswersAreTold(t *testing.T) {
	c := &clock{start}
	var told []challenge.Wrong
	s, err := challenge.New([][]byte{keyA}, challenge.NewMemorySpent(c.Now), challenge.Options{
		MaxNumber: 200, Now: c.Now, Wrong: func(_ context.Context, w challenge.Wrong) { told = append(told, w) },
	})
	require.NoError(t, err)
	issued := issue(t, s, alice, scope)
	good := solve(t, issued)
	wrong := payload(t, issued, issued.MaxNumber+1, nil)
	for range 9 {
		_, err := s.Redeem(t.Context(), of(alice), wrong, scope)
		require.ErrorIs(t, err, challenge.ErrBadPayload)
	}
	require.Len(t, told, 5, "a guesser's next ones say nothing new")
	assert.Equal(t, challenge.Wrong{Visitor: of(alice), Scope: scope, Time: start, Nth: 1}, told[0])
	assert.Equal(t, 5, told[4].Nth)

	_, err = s.Redeem(t.Context(), of(alice), good, scope)
	require.NoError(t, err)
	_, err = s.Redeem(t.Context(), of(alice), good, scope)
	require.ErrorIs(t, err, challenge.ErrSpent)
	assert.Len(t, told, 5, "to send an answer twice is no wrong answer")

	bob := ingest.Subject{Account: "bob", Device: "other"}
	_, err = s.Redeem(t.Context(), of(bob), solve(t, issue(t, s, alice, scope)), scope)
	require.ErrorIs(t, err, challenge.ErrForeign)
	require.Len(t, told, 6, "one that was bought elsewhere is")
	assert.Equal(t, bob, told[5].Visitor.Subject)
	c.now = start.Add(time.Hour)
	_, err = s.Redeem(t.Context(), of(alice), wrong, scope)
	require.ErrorIs(t, err, challenge.ErrBadPayload)
	assert.Len(t, told, 7, "an hour later they count anew")
}
