package ticketing

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSealedOpens holds that what is stored can be read again, also after the
// key was rotated, and only for its own purpose.
func TestSealedOpens(t *testing.T) {
	t.Parallel()
	vaultOf := func(keys ...byte) *vault {
		k := Keys{Lookup: bytes.Repeat([]byte{9}, 32), Session: ed25519.NewKeyFromSeed(make([]byte, 32))}
		for _, b := range keys {
			k.Encryption = append(k.Encryption, bytes.Repeat([]byte{b}, 32))
		}
		v, err := newVault(k)
		require.NoError(t, err)
		return v
	}
	old := vaultOf(1)
	sealed := old.seal("phone", "+8613800000001")
	assert.NotEqual(t, sealed, old.seal("phone", "+8613800000001"), "no two sealings are alike")
	got, err := vaultOf(2, 1).open("phone", sealed)
	require.NoError(t, err)
	assert.Equal(t, "+8613800000001", got)

	for name, open := range map[string]func() (string, error){
		"another purpose": func() (string, error) { return old.open("name", sealed) },
		"another key":     func() (string, error) { return vaultOf(2).open("phone", sealed) },
		"changed": func() (string, error) {
			return old.open("phone", append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1))
		},
		"cut":   func() (string, error) { return old.open("phone", sealed[:5]) },
		"empty": func() (string, error) { return old.open("phone", nil) },
	} {
		_, err := open()
		require.Error(t, err, name)
	}
	assert.NotEqual(t, old.key("phone", "x"), old.key("document", "x"), "purposes do not meet in look-ups")
}
