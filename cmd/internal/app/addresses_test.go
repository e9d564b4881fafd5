package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesHoldWhileTheDirectoryIsHeld(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadAddresses(dir)
	require.ErrorIs(t, err, ErrNotRunning, "nobody ever ran")
	d, err := OpenData(dir)
	require.NoError(t, err)
	require.NoError(t, d.forgetAddresses(), "there are none")
	_, err = ReadAddresses(dir)
	require.ErrorIs(t, err, ErrNotRunning, "not up yet")

	noted := Addresses{Gateway: "127.0.0.1:1", Ticketing: "127.0.0.1:2", Operators: "[::1]:3"}
	require.NoError(t, d.noteAddresses(noted))
	got, err := ReadAddresses(dir)
	require.NoError(t, err)
	assert.Equal(t, noted, got)

	require.NoError(t, d.Close()) // killed: nothing was removed
	_, err = ReadAddresses(dir)
	require.ErrorIs(t, err, ErrNotRunning)
	require.ErrorContains(t, err, "left over")
	d, err = OpenData(dir)
	require.NoError(t, err, "the reader gave the lock back")
	defer func() { require.NoError(t, d.Close()) }()
	require.NoError(t, d.forgetAddresses())
	_, err = ReadAddresses(dir)
	require.ErrorIs(t, err, ErrNotRunning)
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	d, err := OpenData(t.TempDir())
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	for text, want := range map[string]string{
		``:                                  "unexpected end",
		`{"gateway":`:                       "unexpected end",
		`[]`:                                "cannot unmarshal",
		`{"gateway":"127.0.0.1:1"}`:         "missing port",
		`{"gateway":"x","ticketing":"y:1"}`: "missing port",
		`{"gateway":7,"ticketing":"y:1"}`:   "cannot unmarshal",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(d.dir, addressesFile), []byte(text), 0o600))
		got, err := ReadAddresses(d.dir)
		require.ErrorContains(t, err, want, text)
		assert.Zero(t, got)
	}
}
