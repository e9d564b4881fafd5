package spool_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/stream/spool"
)

func size(t *testing.T, dir string, index uint64) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, fmt.Sprintf("%020d.seg", index)))
	require.NoError(t, err)
	return info.Size()
}

// TestRoomIsMadeAheadAndGivenBack: frames are written over zeros, so that the
// file's length stays as it is from one sync to the next; a closed segment has
// none.
func TestRoomIsMadeAheadAndGivenBack(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 1<<18)
	payload := bytes.Repeat([]byte("x"), 1000)
	require.NoError(t, l.Append(payload))
	before := size(t, dir, 1)
	require.Equal(t, int64(1<<18), before, "no more than a segment")
	for range 100 {
		require.NoError(t, l.Append(payload))
		require.NoError(t, l.Sync())
	}
	assert.Equal(t, before, size(t, dir, 1))
	for l.End().Segment == 1 {
		require.NoError(t, l.Append(payload))
	}
	frame := spool.FrameSize(len(payload))
	assert.Zero(t, (size(t, dir, 1)-8)%frame, "a closed segment ends with its last frame")
	assert.LessOrEqual(t, size(t, dir, 1), int64(1<<18))
	end := l.End()
	require.NoError(t, l.Close())
	assert.Equal(t, end.Offset, size(t, dir, end.Segment))
}

// TestARestartFindsRoom: the process ended without closing anything.
func TestARestartFindsRoom(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	l := open(t, dir, 0)
	want, raw := numbered(0, 50)
	require.NoError(t, l.Append(raw...))
	name := fmt.Sprintf("%020d.seg", l.End().Segment)
	left, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.Greater(t, len(left), 1<<19)
	require.NoError(t, os.WriteFile(filepath.Join(copied, name), left, 0o600))

	l = open(t, copied, 0)
	defer l.Close()
	assert.Zero(t, l.Repaired(), "room that was not used is nothing torn")
	require.NoError(t, l.Append([]byte("new")))
	r := l.Reader(spool.Position{})
	defer r.Close()
	assert.Equal(t, append(want, "new"), drain(t, r))
	assert.Zero(t, r.Damaged())
}

// What a group of eight bookings costs that is written and synced.
func BenchmarkGroup(b *testing.B) {
	l, err := spool.Open(b.TempDir(), spool.Options{})
	require.NoError(b, err)
	group := make([][]byte, 16)
	for i := range group {
		group[i] = bytes.Repeat([]byte("x"), 700)
	}
	for b.Loop() {
		if err := l.Append(group...); err != nil {
			b.Fatal(err)
		}
		if err := l.Sync(); err != nil {
			b.Fatal(err)
		}
		if err := l.Remove(l.End().Segment); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, l.Close())
}
