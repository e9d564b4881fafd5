package chdb_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/chdb"
)

func TestFindLibrary(t *testing.T) {
	name, ok := chdb.PackageName(runtime.GOOS, runtime.GOARCH)
	if !ok {
		name = "@chdb/none"
	}
	empty, direct, npm := t.TempDir(), t.TempDir(), t.TempDir()
	file := filepath.Join(direct, "libchdb.so")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	inPackage := filepath.Join(npm, "node_modules", name, "libchdb.so")
	require.NoError(t, os.MkdirAll(filepath.Dir(inPackage), 0o700))
	require.NoError(t, os.WriteFile(inPackage, nil, 0o600))

	for want, places := range map[string][]string{
		file:      {"", empty, direct, npm},
		inPackage: {empty, npm, direct},
	} {
		got, err := chdb.FindLibrary(places...)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	got, err := chdb.FindLibrary(file)
	require.NoError(t, err)
	assert.Equal(t, file, got)

	for _, places := range [][]string{nil, {""}, {empty}, {filepath.Join(empty, "absent")}} {
		_, err := chdb.FindLibrary(places...)
		require.ErrorIs(t, err, chdb.ErrNoLibrary)
		assert.ErrorContains(t, err, "make engines")
	}
}
