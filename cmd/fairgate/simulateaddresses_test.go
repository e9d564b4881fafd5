package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

func TestSimulateFindsTheRunningService(t *testing.T) {
	dir := t.TempDir()
	missing := &simulateCommand{Data: dir}
	err := missing.locate()
	require.ErrorIs(t, err, app.ErrNotRunning)
	require.ErrorContains(t, err, "--gateway, --ticketing and --operators")
	told := &simulateCommand{Data: dir, Gateway: "a:1", Ticketing: "http://b:2", Operators: "http://c:3"}
	require.NoError(t, told.locate(), "whoever says all of them needs no file")

	s, dev := startService(t, app.DevOptions{Data: dir})
	found := &simulateCommand{Data: dir}
	require.NoError(t, found.locate())
	assert.Equal(t, []string{s.gateway, "http://" + s.ticketing, "http://" + s.operators}, []string{found.Gateway, found.Ticketing, found.Operators})
	one := &simulateCommand{Data: dir, Ticketing: "http://b:2"}
	require.NoError(t, one.locate())
	assert.Equal(t, []string{s.gateway, "http://b:2", "http://" + s.operators}, []string{one.Gateway, one.Ticketing, one.Operators}, "a flag wins")

	closeStack(t, dev.Stack)
	require.ErrorIs(t, (&simulateCommand{Data: dir}).locate(), app.ErrNotRunning, "an orderly end removes the note")
}
