package simulate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScoresAreJudgedByTheTruth(t *testing.T) {
	t.Parallel()
	var actors []*Actor
	highest := map[string]float64{}
	add := func(account string, hostile bool, score float64) {
		actors = append(actors, &Actor{Hostile: hostile, account: account})
		if score > 0 {
			highest[account] = score
		}
	}
	add("a", true, 100)
	add("b", true, 40)
	add("c", false, 40)
	add("d", false, 0)
	add("", true, 0) // never signed in
	got := scoresOf(actors, highest)
	require.NotNil(t, got)
	assert.Equal(t, []Operating{{From: 100, Attackers: 0.5}, {From: 40, People: 0.5, Attackers: 1}, {From: 0, People: 1, Attackers: 1}}, got.ROC)
	// Of the four pairs the attacker is ahead in three and level in one.
	assert.InDelta(t, 3.5/4, got.AUC, 1e-9)
	assert.Equal(t, [10]int{0: 1, 4: 1}, got.People)
	assert.Equal(t, [10]int{4: 1, 9: 1}, got.Attackers)
	assert.Nil(t, scoresOf(actors[:2], highest), "nobody to be told from")
}
