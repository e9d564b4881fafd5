package ticket_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/ticket"
)

func key(n byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

func issuer(tb testing.TB, keys ...ed25519.PrivateKey) *ticket.Issuer {
	tb.Helper()
	i, err := ticket.NewIssuer(keys...)
	require.NoError(tb, err)
	return i
}

func TestIssueAndVerify(t *testing.T) {
	t.Parallel()
	i := issuer(t, key(1))
	want := ticket.Ticket{Position: uuid.New(), Secret: ticket.NewSecret()}
	code := i.Issue(want)
	got, err := i.Verify(code)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, code, i.Issue(want))
	another := ticket.NewSecret()
	assert.NotEqual(t, want.Secret, another)
	parsed, err := ticket.ParseSecret(want.Secret.String())
	require.NoError(t, err)
	assert.Equal(t, want.Secret, parsed)
	for _, bad := range []string{"", "zz", strings.Repeat("z", 32), want.Secret.String() + "0"} {
		_, err := ticket.ParseSecret(bad)
		assert.Error(t, err, bad)
	}
}

// TestNoCharacterMayChange changes every character of a code in turn.
func TestNoCharacterMayChange(t *testing.T) {
	t.Parallel()
	i := issuer(t, key(1))
	code := i.Issue(ticket.Ticket{Position: uuid.New(), Secret: ticket.NewSecret()})
	for n := range code {
		for _, c := range []byte{'A', 'B', '.', '\n', code[n] ^ 1} {
			forged := code[:n] + string(c) + code[n+1:]
			if forged == code {
				continue
			}
			_, err := i.Verify(forged)
			require.Error(t, err, "character %d as %q", n, c)
		}
	}
	for _, other := range []string{code + "A", code[1:], code[:len(code)-1], strings.ToLower(code), " " + code} {
		_, err := i.Verify(other)
		assert.ErrorIs(t, err, ticket.ErrMalformed)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	former, next := issuer(t, key(1)), issuer(t, key(2), key(1))
	subject := ticket.Ticket{Position: uuid.New(), Secret: ticket.NewSecret()}
	_, err := next.Verify(former.Issue(subject))
	require.NoError(t, err, "a key before the current one still verifies")
	_, err = former.Verify(next.Issue(subject))
	require.ErrorIs(t, err, ticket.ErrUnknownKey)
	for _, keys := range [][]ed25519.PrivateKey{nil, {key(1), key(1)}, {key(1)[:5]}} {
		_, err := ticket.NewIssuer(keys...)
		require.Error(t, err)
	}
	_, err = ticket.NewVerifier(ed25519.PublicKey{1})
	require.Error(t, err)
}

// FuzzVerify holds that nothing but what was issued is believed.
func FuzzVerify(f *testing.F) {
	i := issuer(f, key(1))
	subject := ticket.Ticket{Position: uuid.MustParse("0196a0c0-0000-7000-8000-000000000001"), Secret: ticket.Secret{1, 2, 3}}
	genuine := i.Issue(subject)
	f.Add(genuine)
	f.Add(issuer(f, key(2)).Issue(subject))
	f.Add("FG1.")
	f.Fuzz(func(t *testing.T, code string) {
		got, err := i.Verify(code)
		if err == nil && (code != genuine || got != subject) {
			t.Fatalf("believed %q", code)
		}
	})
}
