package fingerprint_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct {
		purpose     fingerprint.Purpose
		value, want string
	}{
		{fingerprint.PurposeDocument, " 11010519491231002x ", "11010519491231002X"},
		{fingerprint.PurposeDocument, "110105-19491231\u30000021", "110105194912310021"},
		{fingerprint.PurposeDocument, "１１０１０５", "110105"},
		{fingerprint.PurposeDocument, "e 123 456", "E123456"},
		{fingerprint.PurposeDocument, " - ", ""},
		{fingerprint.PurposePhone, "138 0000-0000", "13800000000"},
		{fingerprint.PurposePhone, "+86 138 0000 0000", "13800000000"},
		{fingerprint.PurposePhone, "0086(138)00000000", "13800000000"},
		{fingerprint.PurposePhone, "8613800000000", "13800000000"},
		{fingerprint.PurposePhone, "+44 20 7946 0000", "+442079460000"},
		{fingerprint.PurposePhone, "00442079460000", "+442079460000"},
		{fingerprint.PurposePhone, "１３８００００００００", "13800000000"},
		{fingerprint.PurposePhone, "someone@example.org", ""},
		{fingerprint.PurposePhone, "+", ""},
		{fingerprint.PurposeClaimed, " Someone@Example.org", "someone@example.org"},
		{fingerprint.PurposeClaimed, "+8613800000000", "13800000000"},
		{fingerprint.PurposeSession, " As It Is ", " As It Is "},
	} {
		assert.Equal(t, c.want, fingerprint.Normalise(c.purpose, c.value), "%s %q", c.purpose, c.value)
	}
}

func TestKeyerSeparatesTenantsPurposesAndKeys(t *testing.T) {
	museum, err := fingerprint.NewKeyer("museum", newKey, nil)
	require.NoError(t, err)
	palace, err := fingerprint.NewKeyer("palace", newKey, nil)
	require.NoError(t, err)
	old, err := fingerprint.NewKeyer("museum", oldKey, nil)
	require.NoError(t, err)
	const value = "13800000000"
	got := museum.Current(fingerprint.PurposePhone, value)
	assert.Regexp(t, "^[0-9a-f]{32}$", got)
	assert.Equal(t, got, museum.Current(fingerprint.PurposePhone, "+86 138 0000 0000"))
	seen := map[string]string{}
	for name, key := range map[string]string{
		"phone": got, "document": museum.Current(fingerprint.PurposeDocument, value), "session": museum.Current(fingerprint.PurposeSession, value),
		"claimed": museum.Current(fingerprint.PurposeClaimed, value), "tenant": palace.Current(fingerprint.PurposePhone, value),
		"key": old.Current(fingerprint.PurposePhone, value),
	} {
		assert.Empty(t, seen[key], "%s equals another", name)
		seen[key] = name
	}
	assert.Empty(t, museum.Current(fingerprint.PurposePhone, ""))
	assert.Empty(t, museum.Current("unknown", value))
}

func TestKeyerReadsBothDuringARotation(t *testing.T) {
	old, err := fingerprint.NewKeyer("museum", oldKey, nil)
	require.NoError(t, err)
	rotated, err := fingerprint.NewKeyer("museum", newKey, oldKey)
	require.NoError(t, err)
	keys := rotated.Keys(fingerprint.PurposeDocument, "E123")
	require.Len(t, keys, 2)
	assert.Equal(t, rotated.Current(fingerprint.PurposeDocument, "E123"), keys[0])
	assert.Equal(t, old.Current(fingerprint.PurposeDocument, "E123"), keys[1])
	assert.Len(t, old.Keys(fingerprint.PurposeDocument, "E123"), 1)
	assert.Empty(t, rotated.Keys(fingerprint.PurposeDocument, " "))
}

func TestPurposeValid(t *testing.T) {
	assert.True(t, fingerprint.PurposeDocument.Valid())
	assert.False(t, fingerprint.Purpose("other").Valid())
}

// TestEveryPurposeHasAKey hashes one value for each: none is left without.
func TestEveryPurposeHasAKey(t *testing.T) {
	t.Parallel()
	k, err := fingerprint.NewKeyer("museum", bytes.Repeat([]byte{7}, 32), nil)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, p := range []fingerprint.Purpose{
		fingerprint.PurposeDocument, fingerprint.PurposePhone, fingerprint.PurposeSession,
		fingerprint.PurposeClaimed, fingerprint.PurposePayee, fingerprint.PurposeBlock,
	} {
		sum := k.Current(p, "1700000")
		assert.Len(t, sum, 32, p)
		assert.False(t, seen[sum], "%s has a key of its own", p)
		seen[sum] = true
	}
}
