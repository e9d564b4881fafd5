package vault_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/vault"
)

// TestSealedOpens holds that what is stored can be read again, also after the
// key was rotated, and only for its own purpose.
func TestSealedOpens(t *testing.T) {
	t.Parallel()
	vaultOf := func(keys ...byte) *vault.Vault {
		var encryption [][]byte
		for _, b := range keys {
			encryption = append(encryption, bytes.Repeat([]byte{b}, 32))
		}
		v, err := vault.New(encryption, bytes.Repeat([]byte{9}, 32))
		require.NoError(t, err)
		return v
	}
	old := vaultOf(1)
	sealed := old.Seal("phone", "+8613800000001")
	assert.NotEqual(t, sealed, old.Seal("phone", "+8613800000001"), "no two sealings are alike")
	got, err := vaultOf(2, 1).Open("phone", sealed)
	require.NoError(t, err)
	assert.Equal(t, "+8613800000001", got)

	for name, open := range map[string]func() (string, error){
		"another purpose": func() (string, error) { return old.Open("name", sealed) },
		"another key":     func() (string, error) { return vaultOf(2).Open("phone", sealed) },
		"changed": func() (string, error) {
			return old.Open("phone", append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1))
		},
		"cut":   func() (string, error) { return old.Open("phone", sealed[:5]) },
		"empty": func() (string, error) { return old.Open("phone", nil) },
	} {
		_, err := open()
		require.Error(t, err, name)
	}
	assert.NotEqual(t, old.Key("phone", "x"), old.Key("document", "x"), "purposes do not meet in look-ups")
}

func TestUnusableKeys(t *testing.T) {
	t.Parallel()
	_, err := vault.New([][]byte{make([]byte, 31), make([]byte, 32), make([]byte, 32)}, make([]byte, 31))
	require.Error(t, err)
	for _, fault := range []string{"keys.encryption[0]: want 32 bytes, got 31", "keys.encryption[2]: has the same identifier", "keys.lookup: want at least 32 bytes, got 31"} {
		require.ErrorContains(t, err, fault)
	}
	_, err = vault.New(nil, make([]byte, 32))
	assert.ErrorContains(t, err, "keys.encryption: want at least one key")
}
