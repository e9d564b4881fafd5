package pointer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint/pointer"
)

// session moves like a hand (in strokes that speed up and slow down, with
// tremor) or like a program (evenly, in straight lines); blur mixes the two.
func session(i int, bot bool, blur float64) pointer.Session {
	r := rand.New(rand.NewPCG(uint64(i), 11))
	s := pointer.Session{Name: fmt.Sprint("s", i), Bot: bot}
	t, x, y := 0.0, 0.0, 0.0
	for range 40 {
		heading := r.Float64() * 2 * math.Pi
		for k := range 20 {
			t += 15 + r.Float64()*4
			v, tremor := 5.0, blur
			if !bot {
				v, tremor = 14*math.Sin(math.Pi*float64(k+1)/21), 1.5
				heading += r.NormFloat64() * 0.15
			}
			x += v*math.Cos(heading) + tremor*r.NormFloat64()
			y += v*math.Sin(heading) + tremor*r.NormFloat64()
			s.Points = append(s.Points, pointer.Point{T: t, X: x, Y: y})
		}
		t += 150 + r.Float64()*300
	}
	return s
}

func sessions(blur float64) []pointer.Session {
	var all []pointer.Session
	for i := range 40 {
		all = append(all, session(i, i%2 == 0, blur))
	}
	return all
}

func TestFitTellsProgramsFromHands(t *testing.T) {
	all := sessions(0.1)
	m, err := pointer.Fit(all, pointer.FitOptions{})
	require.NoError(t, err)
	for i := 100; i < 120; i++ {
		fresh := session(i, i%2 == 0, 0.1)
		score := m.Score(pointer.Summarise(fresh.Points))
		assert.Equal(t, fresh.Bot, score >= 0.5, "session %d has %v", i, score)
	}
	again, err := pointer.Fit(all, pointer.FitOptions{})
	require.NoError(t, err)
	assert.Equal(t, m, again, "the same sessions give the same model")

	v, err := pointer.Validate(all, pointer.FitOptions{Seed: 1})
	require.NoError(t, err)
	assert.Equal(t, 20, v.Bots.Of)
	assert.GreaterOrEqual(t, v.Bots.Hits, 19)
	assert.LessOrEqual(t, v.Humans.Hits, 1)
	assert.Less(t, v.Bots.Low, v.Bots.Share+1e-12)
	assert.Greater(t, v.AUC, 0.99)
}

// TestValidateIsNoSelfPraise: labels that mean nothing are not learned.
func TestValidateIsNoSelfPraise(t *testing.T) {
	all := sessions(0.1)
	r := rand.New(rand.NewPCG(5, 5))
	for i := range all {
		all[i] = session(i, false, 0)
		all[i].Bot = i%2 == 0
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	v, err := pointer.Validate(all, pointer.FitOptions{Seed: 2})
	require.NoError(t, err)
	assert.InDelta(t, 0.5, v.AUC, 0.3)
	assert.Less(t, v.Bots.Hits-v.Humans.Hits, 12)
}

func TestFitRefusesTooFew(t *testing.T) {
	few := sessions(0.1)[:6]
	_, err := pointer.Fit(few, pointer.FitOptions{})
	require.ErrorIs(t, err, pointer.ErrTooFew)
	still := make([]pointer.Session, 40)
	for i := range still {
		still[i] = pointer.Session{Bot: i%2 == 0, Points: []pointer.Point{{T: 1}}}
	}
	_, err = pointer.Validate(still, pointer.FitOptions{})
	require.ErrorIs(t, err, pointer.ErrTooFew)
}

func TestDefaultScoresWithinBounds(t *testing.T) {
	m := pointer.Default()
	for _, s := range []pointer.Summary{{}, {Moves: 1 << 16, Speed: 1e6, Jerk: 1e6, Turn: math.Pi, Axis: 1}, pointer.Summarise(session(1, false, 0).Points)} {
		score := m.Score(s)
		assert.True(t, score >= 0 && score <= 1, "%v", score)
	}
	assert.NotEqual(t, pointer.Model{}, m)
}
