package fingerprint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

var (
	oldKey = []byte(strings.Repeat("o", 32))
	newKey = []byte(strings.Repeat("n", 32))
)

func tokens(t *testing.T, key []byte, o fingerprint.TokenOptions) *fingerprint.Tokens {
	t.Helper()
	tk, err := fingerprint.NewTokens(key, o)
	require.NoError(t, err)
	return tk
}

func TestTokenRoundTripAndRotation(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)
	now := func() time.Time { return at }
	before := tokens(t, oldKey, fingerprint.TokenOptions{Now: now})
	token, issued := before.Issue(fingerprint.FlagMiniProgram)
	assert.Len(t, issued.ID, 32)
	assert.Equal(t, at.Truncate(time.Millisecond), issued.Issued)

	rotated := tokens(t, newKey, fingerprint.TokenOptions{Previous: oldKey, Now: now})
	got, err := rotated.Verify(token)
	require.NoError(t, err)
	assert.Equal(t, issued, got)

	after := tokens(t, newKey, fingerprint.TokenOptions{Now: now})
	_, err = after.Verify(token)
	require.ErrorIs(t, err, fingerprint.ErrTokenForged)

	_, second := before.Issue(0)
	assert.NotEqual(t, issued.ID, second.ID)
}

func TestTokenRefused(t *testing.T) {
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	now := at
	tk := tokens(t, newKey, fingerprint.TokenOptions{MaxAge: time.Hour, Now: func() time.Time { return now }})
	token, _ := tk.Issue(0)
	payload, mac, _ := strings.Cut(strings.TrimPrefix(token, "v1."), ".")
	for _, c := range []struct {
		name, token string
		after       time.Duration
		want        error
	}{
		{"valid to the end", token, time.Hour, nil},
		{"expired", token, time.Hour + time.Millisecond, fingerprint.ErrTokenExpired},
		{"clocks a little apart", token, -5 * time.Minute, nil},
		{"future", token, -6 * time.Minute, fingerprint.ErrTokenFuture},
		{"empty", "", 0, fingerprint.ErrTokenMalformed},
		{"dots", "v1..", 0, fingerprint.ErrTokenMalformed},
		{"no mac", "v1." + payload, 0, fingerprint.ErrTokenMalformed},
		{"short mac", "v1." + payload + "." + mac[:20], 0, fingerprint.ErrTokenMalformed},
		{"other version", "v2." + payload + "." + mac, 0, fingerprint.ErrTokenMalformed},
		{"changed payload", "v1.A" + payload[1:] + "." + mac, 0, fingerprint.ErrTokenForged},
		{"changed mac", "v1." + payload + ".AAAA" + mac[4:], 0, fingerprint.ErrTokenForged},
		{"other spelling of the last bits", token[:len(token)-1] + string(token[len(token)-1]+1), 0, fingerprint.ErrTokenMalformed},
		{"too long", token + strings.Repeat("A", 200), 0, fingerprint.ErrTokenMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			now = at.Add(c.after)
			_, err := tk.Verify(c.token)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestShortKeysAreRefused(t *testing.T) {
	_, err := fingerprint.NewTokens([]byte("short"), fingerprint.TokenOptions{})
	require.ErrorIs(t, err, fingerprint.ErrShortKey)
	_, err = fingerprint.NewTokens(newKey, fingerprint.TokenOptions{Previous: []byte("short")})
	require.ErrorIs(t, err, fingerprint.ErrShortKey)
	_, err = fingerprint.NewKeyer("museum", []byte("short"), nil)
	require.ErrorIs(t, err, fingerprint.ErrShortKey)
	_, err = fingerprint.NewKeyer("museum", newKey, []byte("short"))
	require.ErrorIs(t, err, fingerprint.ErrShortKey)
	_, err = fingerprint.NewKeyer("", newKey, nil)
	require.ErrorContains(t, err, "tenant")
}

func FuzzVerify(f *testing.F) {
	// Fixed, because every fuzzing process must know the same valid token.
	const valid = "v1.G10Bzyb3W__aOfA5Z2xZXwAAAZt8qYyIAA.C3Xi1XZodfhKMGSfa4ZK9A"
	issued := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tk, err := fingerprint.NewTokens(newKey, fingerprint.TokenOptions{Now: func() time.Time { return issued }})
	require.NoError(f, err)
	_, err = tk.Verify(valid)
	require.NoError(f, err)
	f.Add(valid)
	f.Add("v1.AAAA.BBBB")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := tk.Verify(token); err == nil && token != valid {
			t.Fatalf("a forged token %q was believed", token)
		}
	})
}
