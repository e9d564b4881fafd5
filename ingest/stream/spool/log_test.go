package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/stream/spool"
)

func open(t *testing.T, dir string, segment int64) *spool.Log {
	t.Helper()
	l, err := spool.Open(dir, spool.Options{SegmentBytes: segment})
	require.NoError(t, err)
	return l
}

func drain(t *testing.T, r *spool.Reader) []string {
	t.Helper()
	var got []string
	for {
		p, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		require.NoError(t, err)
		got = append(got, string(p))
	}
}

func numbered(from, to int) (list []string, raw [][]byte) {
	for i := from; i < to; i++ {
		s := fmt.Sprintf("payload %04d", i)
		list, raw = append(list, s), append(raw, []byte(s))
	}
	return list, raw
}

func TestFollowAcrossSegments(t *testing.T) {
	l := open(t, t.TempDir(), 256)
	defer l.Close()
	r := l.Reader(spool.Position{})
	defer r.Close()
	assert.Empty(t, drain(t, r))
	want, raw := numbered(0, 100)
	for _, p := range raw[:50] {
		require.NoError(t, l.Append(p))
	}
	got := drain(t, r)
	for _, p := range raw[50:] {
		require.NoError(t, l.Append(p))
	}
	assert.Equal(t, want, append(got, drain(t, r)...))
	assert.Zero(t, r.Damaged())
	assert.Zero(t, l.BytesFrom(r.Position()))
	assert.Greater(t, l.End().Segment, uint64(5), "256-byte segments must have rolled")
}

func TestRemoveKeepsTheOneBeingWritten(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 256)
	defer l.Close()
	_, raw := numbered(0, 100)
	for _, p := range raw {
		require.NoError(t, l.Append(p))
	}
	require.NoError(t, l.Remove(l.End().Segment+10))
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	require.NoError(t, err)
	assert.Len(t, files, 1)
	assert.LessOrEqual(t, l.Bytes(), int64(256))

	// A position that was deleted reads on at the first frame that exists.
	require.NoError(t, l.Append([]byte("after")))
	r := l.Reader(spool.Position{Segment: 1, Offset: 40})
	got := drain(t, r)
	assert.Equal(t, "after", got[len(got)-1])
	_, err = l.ReadAt(spool.Position{Segment: 1, Offset: 40})
	assert.ErrorIs(t, err, spool.ErrGone)
}

func TestReadAt(t *testing.T) {
	l := open(t, t.TempDir(), 0)
	defer l.Close()
	_, raw := numbered(0, 3)
	require.NoError(t, l.Append(raw...))
	r := l.Reader(spool.Position{})
	defer r.Close()
	_, _, err := r.Next()
	require.NoError(t, err)
	_, at, err := r.Next()
	require.NoError(t, err)
	p, err := l.ReadAt(at)
	require.NoError(t, err)
	assert.Equal(t, raw[1], p)
	_, err = l.ReadAt(spool.Position{Segment: at.Segment, Offset: at.Offset + 3})
	assert.ErrorIs(t, err, spool.ErrGone)
}

// TestTornTail cuts the last segment at every byte: reopening must keep every
// whole frame, cut the rest, and go on.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	want, raw := numbered(0, 4)
	require.NoError(t, l.Append(raw...))
	name := filepath.Join(dir, fmt.Sprintf("%020d.seg", l.End().Segment))
	require.NoError(t, l.Close())
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	frame := int(spool.FrameSize(len(raw[0])))

	for size := 0; size <= len(whole); size++ {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(name)), whole[:size], 0o600))
		l := open(t, dir, 0)
		require.NoError(t, l.Append([]byte("new")))
		kept := max(0, size-8) / frame
		r := l.Reader(spool.Position{})
		require.Equal(t, append(want[:kept:kept], "new"), drain(t, r), "cut to %d bytes", size)
		require.Zero(t, r.Damaged())
		if size >= 8 {
			torn := bytes.TrimRight(whole[8+kept*frame:size], "\x00")
			require.Equal(t, int64(len(torn)), l.Repaired())
		}
		require.NoError(t, r.Close())
		require.NoError(t, l.Close())
	}
}

func TestGarbageTailAndDamagedMiddle(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	want, raw := numbered(0, 4)
	require.NoError(t, l.Append(raw...))
	first := filepath.Join(dir, fmt.Sprintf("%020d.seg", l.End().Segment))
	require.NoError(t, l.Close())

	f, err := os.OpenFile(first, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.Write(bytes.Repeat([]byte{0xff}, 100))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	l = open(t, dir, 0)
	assert.Equal(t, int64(100), l.Repaired())
	assert.Equal(t, want, drain(t, l.Reader(spool.Position{})))
	require.NoError(t, l.Append([]byte("second")))
	require.NoError(t, l.Close())

	// Damage in a closed segment loses the rest of that segment only.
	b, err := os.ReadFile(first)
	require.NoError(t, err)
	b[8+2*int(spool.FrameSize(len(raw[0])))+10] ^= 1
	require.NoError(t, os.WriteFile(first, b, 0o600))
	l = open(t, dir, 0)
	defer l.Close()
	r := l.Reader(spool.Position{})
	assert.Equal(t, []string{want[0], want[1], "second"}, drain(t, r))
	assert.Positive(t, r.Damaged())
}

// TestPositionBeyondATornTail: after a loss of power the stored position may
// lie beyond what is left of its segment; new frames must still be read.
func TestPositionBeyondATornTail(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	_, raw := numbered(0, 4)
	require.NoError(t, l.Append(raw...))
	end := l.End()
	require.NoError(t, l.Close())
	require.NoError(t, os.Truncate(filepath.Join(dir, fmt.Sprintf("%020d.seg", end.Segment)), 30))
	l = open(t, dir, 0)
	defer l.Close()
	require.NoError(t, l.Append([]byte("new")))
	r := l.Reader(end)
	assert.Equal(t, []string{"new"}, drain(t, r))
	assert.Zero(t, r.Damaged())
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	_, err := spool.Open(dir, spool.Options{})
	require.ErrorIs(t, err, spool.ErrLocked)
	require.NoError(t, l.Close())
	l, err = spool.Open(dir, spool.Options{})
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestBadInput(t *testing.T) {
	l := open(t, t.TempDir(), 0)
	defer l.Close()
	require.ErrorIs(t, l.Append(nil), spool.ErrTooLarge)
	require.ErrorIs(t, l.Append(make([]byte, spool.MaxPayload+1)), spool.ErrTooLarge)

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.seg"), nil, 0o600))
	_, err := spool.Open(dir, spool.Options{})
	require.ErrorContains(t, err, "notes.seg")
}

func TestState(t *testing.T) {
	l := open(t, t.TempDir(), 0)
	defer l.Close()
	b, err := l.ReadState("cursor")
	require.NoError(t, err)
	assert.Nil(t, b)
	require.NoError(t, l.WriteState("cursor", []byte("one")))
	require.NoError(t, l.WriteState("cursor", []byte("two")))
	b, err = l.ReadState("cursor")
	require.NoError(t, err)
	assert.Equal(t, "two", string(b))
}

// FuzzReopen feeds arbitrary bytes as a segment: nothing may panic, and what
// is read back must be what a second reading gives.
func FuzzReopen(f *testing.F) {
	f.Add([]byte("FGSPOOL1"))
	f.Add([]byte("FGSPOOL1\x03\x00\x00\x00\x00\x00\x00\x00abc"))
	f.Fuzz(func(t *testing.T, segment []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%020d.seg", 7)), segment, 0o600))
		l := open(t, dir, 0)
		defer l.Close()
		require.NoError(t, l.Append([]byte("new")))
		got := drain(t, l.Reader(spool.Position{}))
		require.Equal(t, "new", got[len(got)-1])
		require.Equal(t, got, drain(t, l.Reader(spool.Position{})))
	})
}
