package pointer_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint/pointer"
)

// vector is what both implementations are held to: this one, and the browser's.
type vector struct {
	Name    string          `json:"name"`
	Points  [][3]float64    `json:"points"`
	Summary pointer.Summary `json:"summary"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(data, &all))
	require.NotEmpty(t, all)
	return all
}

func points(list [][3]float64) []pointer.Point {
	out := make([]pointer.Point, len(list))
	for i, p := range list {
		out[i] = pointer.Point{T: p[0], X: p[1], Y: p[2]}
	}
	return out
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		got := pointer.Summarise(points(v.Points))
		require.NoError(t, got.Validate(), v.Name)
		assert.Equal(t, v.Summary.Moves, got.Moves, v.Name)
		assert.InDeltaSlice(t, figures(v.Summary), figures(got), 1e-12, v.Name)
	}
}

func figures(s pointer.Summary) []float64 {
	return []float64{
		s.Speed, s.SpeedSpread, s.Acceleration, s.Jerk, s.Turn, s.Straight, s.Straightness, s.Pauses, s.Rhythm, s.Axis,
	}
}

func TestSummaryOfKnownMovements(t *testing.T) {
	// 3-4-5 triangles, one every 20 ms: 0.25 px/ms in a straight line.
	var line [][3]float64
	for i := range 11 {
		line = append(line, [3]float64{float64(20 * i), float64(3 * i), float64(4 * i)})
	}
	s := pointer.Summarise(points(line))
	assert.Equal(t, 10, s.Moves)
	assert.InDelta(t, 0.25, s.Speed, 1e-12)
	assert.InDelta(t, 0, s.SpeedSpread+s.Acceleration+s.Jerk+s.Turn+s.Pauses+s.Rhythm+s.Axis, 1e-12)
	assert.InDelta(t, 1, s.Straight, 0)
	assert.InDelta(t, 1, s.Straightness, 1e-12)

	// A square: every turn a right angle, every move on an axis, back at its start.
	s = pointer.Summarise(points([][3]float64{{0, 0, 0}, {20, 10, 0}, {40, 10, 10}, {60, 0, 10}, {80, 0, 0}}))
	assert.InDelta(t, math.Pi/2, s.Turn, 1e-12)
	assert.InDelta(t, 1, s.Axis, 0)
	assert.InDelta(t, 0, s.Straightness, 1e-12)
}

func TestValidateRefuses(t *testing.T) {
	good := pointer.Summary{Moves: 100, Speed: 0.5, Axis: 0.5}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*pointer.Summary){
		"moves":        func(s *pointer.Summary) { s.Moves = -1 },
		"speed":        func(s *pointer.Summary) { s.Speed = math.NaN() },
		"jerk":         func(s *pointer.Summary) { s.Jerk = math.Inf(1) },
		"acceleration": func(s *pointer.Summary) { s.Acceleration = -0.1 },
		"turn":         func(s *pointer.Summary) { s.Turn = 4 },
		"straightness": func(s *pointer.Summary) { s.Straightness = 1.1 },
		"axis":         func(s *pointer.Summary) { s.Axis = 2 },
	} {
		bad := good
		change(&bad)
		require.ErrorIs(t, bad.Validate(), pointer.ErrSummary, name)
		require.ErrorContains(t, bad.Validate(), name)
	}
}

func TestReadSessionsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"{": "line 1", "\n{\"session\":\"s\",\"label\":\"human\",\"points\":[]}": "line 2", `{"points":[[1,2,3]]}`: "no label",
		`{"label":"human","points":[["a"]]}`: "line 1",
	} {
		_, err := pointer.ReadSessions(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}
