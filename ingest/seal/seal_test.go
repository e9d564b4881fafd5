package seal_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/seal"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, seal.KeySize) }

func TestSealed(t *testing.T) {
	old, err := seal.New(key(1))
	require.NoError(t, err)
	rotated, err := seal.New(key(2), key(1))
	require.NoError(t, err)
	text := []byte("https://example.org/hook?token=s3cret")
	sealed := old.Seal("a", text)
	assert.NotContains(t, string(sealed), "s3cret")
	assert.NotEqual(t, sealed, old.Seal("a", text), "a nonce of its own each time")

	plain, err := rotated.Open("a", sealed)
	require.NoError(t, err)
	assert.Equal(t, text, plain)

	_, err = old.Open("b", sealed)
	require.ErrorIs(t, err, seal.ErrOpen, "another purpose")
	_, err = old.Open("a", rotated.Seal("a", text))
	require.ErrorIs(t, err, seal.ErrOpen, "a newer key")
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		_, err := old.Open("a", damaged)
		require.ErrorIs(t, err, seal.ErrOpen, "byte %d", i)
	}
	_, err = old.Open("a", nil)
	require.ErrorIs(t, err, seal.ErrOpen)
}

func TestUnusableKeys(t *testing.T) {
	_, err := seal.New()
	require.Error(t, err)
	_, err = seal.New(key(1), []byte("short-secret"))
	require.ErrorContains(t, err, "key 2: want 32 bytes, have 12")
	assert.NotContains(t, err.Error(), "secret")
}
