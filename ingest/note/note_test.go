package note_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/note"
)

func TestReplaceLeavesOneWholeFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	file := filepath.Join(dir, "mode")
	for _, content := range []string{"a long first content\n", "short\n", ""} {
		require.NoError(t, note.Replace(file, []byte(content)))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, content, string(got))
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing temporary is left")
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestReplaceThatFailsLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	require.NoError(t, os.MkdirAll(filepath.Join(taken, "inside"), 0o700))
	require.ErrorContains(t, note.Replace(taken, []byte("x")), taken, "a folder is in the way")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, note.Replace(filepath.Join(file, "below"), []byte("x")), "below", "a file cannot be a folder")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing temporary is left")
}
