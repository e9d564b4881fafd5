package gateway

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestComplaintsAreSaidOnceInAWhile(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	c := newComplaints(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	lines := func() int { return strings.Count(out.String(), "\n") }
	for range 1000 {
		c.say(t.Context(), slog.LevelWarn, "upstream did not answer", "route", "pools")
	}
	assert.Equal(t, 1, lines())
	c.say(t.Context(), slog.LevelWarn, "another thing")
	assert.Equal(t, 2, lines(), "each kind for itself")
	now = now.Add(complaintEvery)
	c.say(t.Context(), slog.LevelWarn, "upstream did not answer", "route", "pools")
	assert.Equal(t, 3, lines())
	assert.Contains(t, out.String(), "route=pools left_out=999")
}
