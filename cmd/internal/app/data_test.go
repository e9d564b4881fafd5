package app

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDataIsHeldByOne(t *testing.T) {
	dir := t.TempDir()
	d, err := OpenData(dir)
	require.NoError(t, err)
	_, err = OpenData(dir)
	require.ErrorIs(t, err, ErrDataInUse)
	require.NoError(t, d.Close())
	again, err := OpenData(dir)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestSecretsAreMadeOnceAndPrivate(t *testing.T) {
	d, err := OpenData(t.TempDir())
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	first, err := d.Configure()
	require.NoError(t, err)
	require.NoError(t, first.Validate())
	before, err := first.Keys.Gateway.Reveal()
	require.NoError(t, err)
	second, err := d.Configure()
	require.NoError(t, err)
	after, err := second.Keys.Gateway.Reveal()
	require.NoError(t, err)
	assert.Equal(t, before, after)
	info, err := os.Stat(SecretPath(d.dir, "gateway"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = sessionPublicKey(second.Keys.SessionPublic)
	require.NoError(t, err)
}
