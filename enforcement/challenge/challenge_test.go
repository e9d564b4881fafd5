package challenge_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/ingest"
)

var (
	keyA  = []byte(strings.Repeat("a", 32))
	keyB  = []byte(strings.Repeat("b", 32))
	start = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	alice = ingest.Subject{Account: "alice", Device: "phone"}
	here  = "203.0.113.0/24"
	scope = challenge.Scope{Kind: ingest.KindOrderSubmit, Pool: "main"}
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func service(t testing.TB, c *clock, keys ...[]byte) *challenge.Service {
	t.Helper()
	s, err := challenge.New(keys, challenge.NewMemorySpent(c.Now), challenge.Options{MaxNumber: 200, Now: c.Now})
	require.NoError(t, err)
	return s
}

// of is who calls.
func of(s ingest.Subject) challenge.Visitor { return challenge.Visitor{Subject: s, Subnet: here} }

// issue lets a subject be asked by a decision with a score, and gets the
// challenge.
func issue(t testing.TB, s *challenge.Service, subject ingest.Subject, scope challenge.Scope) challenge.Challenge {
	t.Helper()
	e := &ingest.Event{Time: start, Kind: scope.Kind, Subject: subject, Order: ingest.Order{Pool: scope.Pool}}
	c, err := s.Issue(t.Context(), of(subject), s.Ticket(e, ingest.Decision{Action: ingest.Challenge}), scope)
	require.NoError(t, err)
	return c
}

// solve does what the widget does.
func solve(t testing.TB, c challenge.Challenge) string {
	t.Helper()
	for n := int64(0); n <= c.MaxNumber; n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s%d", c.Salt, n))
		if hex.EncodeToString(sum[:]) == c.Challenge {
			return payload(t, c, n, nil)
		}
	}
	t.Fatal("the challenge has no answer")
	return ""
}

func payload(t testing.TB, c challenge.Challenge, n int64, change func(map[string]any)) string {
	t.Helper()
	answer := map[string]any{
		"algorithm": c.Algorithm, "challenge": c.Challenge, "number": n, "salt": c.Salt, "signature": c.Signature, "took": 12,
	}
	if change != nil {
		change(answer)
	}
	data, err := json.Marshal(answer)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(data)
}

func submit(at time.Time, s ingest.Subject, pool string) *ingest.Event {
	return &ingest.Event{Time: at, Kind: ingest.KindOrderSubmit, Subject: s, Order: ingest.Order{Pool: pool}}
}

func TestAnswerIsGoodForOnePass(t *testing.T) {
	c := &clock{start}
	s := service(t, c, keyA)
	issued := issue(t, s, alice, scope)
	assert.Equal(t, "SHA-256", issued.Algorithm)
	assert.Contains(t, issued.Salt, fmt.Sprintf("?expires=%d&", start.Add(5*time.Minute).Unix()))
	answer := solve(t, issued)

	pass, err := s.Redeem(t.Context(), of(alice), answer, scope)
	require.NoError(t, err)
	assert.Equal(t, start.Add(2*time.Minute), pass.Expires)
	assert.NotContains(t, pass.Token, "alice")
	burn, _, ok := s.Verify(pass.Token, submit(start.Add(time.Minute), alice, "main"))
	assert.True(t, ok)
	assert.Len(t, burn, 32)

	_, err = s.Redeem(t.Context(), of(alice), answer, scope)
	require.ErrorIs(t, err, challenge.ErrSpent)
}

func TestRedeemRefuses(t *testing.T) {
	c := &clock{start}
	s := service(t, c, keyA)
	issued := issue(t, s, alice, scope)
	good := solve(t, issued)
	forge := func(change func(map[string]any)) string {
		data, err := base64.StdEncoding.DecodeString(good)
		require.NoError(t, err)
		var answer map[string]any
		require.NoError(t, json.Unmarshal(data, &answer))
		change(answer)
		data, err = json.Marshal(answer)
		require.NoError(t, err)
		return base64.StdEncoding.EncodeToString(data)
	}
	// A challenge of the visitor's own making, with a correct number.
	own := challenge.Challenge{Algorithm: "SHA-256", MaxNumber: 1, Salt: "00?expires=99999999999&", Signature: issued.Signature}
	sum := sha256.Sum256([]byte(own.Salt + "1"))
	own.Challenge = hex.EncodeToString(sum[:])
	tests := []struct {
		name    string
		subject ingest.Subject
		payload string
		scope   challenge.Scope
		want    error
	}{
		{"nothing", alice, "", scope, challenge.ErrBadPayload},
		{"no base64", alice, "%%%", scope, challenge.ErrBadPayload},
		{"no JSON", alice, base64.StdEncoding.EncodeToString([]byte("hi")), scope, challenge.ErrBadPayload},
		{"two answers", alice, base64.StdEncoding.EncodeToString([]byte("{}{}")), scope, challenge.ErrBadPayload},
		{"too long", alice, strings.Repeat("A", 5000), scope, challenge.ErrBadPayload},
		{"wrong number", alice, forge(func(m map[string]any) { m["number"] = 777777 }), scope, challenge.ErrBadPayload},
		{"negative number", alice, forge(func(m map[string]any) { m["number"] = -1 }), scope, challenge.ErrBadPayload},
		{"other algorithm", alice, forge(func(m map[string]any) { m["algorithm"] = "SHA-1" }), scope, challenge.ErrBadPayload},
		{"no signature", alice, forge(func(m map[string]any) { m["signature"] = "" }), scope, challenge.ErrBadPayload},
		{"own challenge", alice, payload(t, own, 1, nil), scope, challenge.ErrBadPayload},
		{"later expiry", alice, forge(func(m map[string]any) { m["salt"] = strings.Replace(issued.Salt, "expires=1", "expires=2", 1) }), scope, challenge.ErrBadPayload},
		{"somebody else", ingest.Subject{Account: "bob", Device: "phone"}, good, scope, challenge.ErrForeign},
		{"bought from another device", ingest.Subject{Account: "alice", Device: "farm"}, good, scope, challenge.ErrForeign},
		{"without the device", ingest.Subject{Account: "alice"}, good, scope, challenge.ErrForeign},
		{"another pool", alice, good, challenge.Scope{Kind: ingest.KindOrderSubmit, Pool: "other"}, challenge.ErrForeign},
		{"another kind", alice, good, challenge.Scope{Kind: ingest.KindOrderPay, Pool: "main"}, challenge.ErrForeign},
		{"unknown kind", alice, good, challenge.Scope{Kind: "nonsense"}, challenge.ErrBadScope},
		{"nobody", ingest.Subject{}, good, scope, challenge.ErrNobody},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := s.Redeem(t.Context(), of(test.subject), test.payload, test.scope)
			require.ErrorIs(t, err, test.want)
		})
	}
	c.now = start.Add(5 * time.Minute)
	_, err := s.Redeem(t.Context(), of(alice), good, scope)
	require.ErrorIs(t, err, challenge.ErrExpired)
	c.now = start
	_, err = s.Redeem(t.Context(), of(alice), good, scope)
	require.NoError(t, err, "no refusal spent it")
}

func TestDigitsCannotMoveBetweenSaltAndNumber(t *testing.T) {
	c := &clock{start}
	s := service(t, c, keyA)
	issued := issue(t, s, alice, scope)
	data, err := base64.StdEncoding.DecodeString(solve(t, issued))
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(data, &answer))
	digits := fmt.Sprintf("%v", answer["number"])
	answer["salt"], answer["number"] = issued.Salt+digits[:1], 0
	if len(digits) > 1 {
		_, err = fmt.Sscan(digits[1:], new(int64))
		require.NoError(t, err)
		answer["number"] = json.Number(strings.TrimLeft(digits[1:], "0"))
	}
	data, err = json.Marshal(answer)
	require.NoError(t, err)
	_, err = s.Redeem(t.Context(), of(alice), base64.StdEncoding.EncodeToString(data), scope)
	require.ErrorIs(t, err, challenge.ErrBadPayload)
}

func TestPassIsBound(t *testing.T) {
	tests := []struct {
		name  string
		made  ingest.Subject
		event *ingest.Event
		want  bool
	}{
		{"same", alice, submit(start, alice, "main"), true},
		{"other account", alice, submit(start, ingest.Subject{Account: "bob", Device: "phone"}, "main"), false},
		{"other device", alice, submit(start, ingest.Subject{Account: "alice", Device: "farm"}, "main"), false},
		{"no device", alice, submit(start, ingest.Subject{Account: "alice"}, "main"), false},
		{"other pool", alice, submit(start, alice, "other"), false},
		{"last moment", alice, submit(start.Add(2*time.Minute-time.Millisecond), alice, "main"), true},
		{"expired in event time", alice, submit(start.Add(2*time.Minute), alice, "main"), false},
		{"from the future", alice, submit(start.Add(-2*time.Minute), alice, "main"), false},
		{"other kind", alice, &ingest.Event{Time: start, Kind: ingest.KindOrderPay, Subject: alice, Order: ingest.Order{Pool: "main"}}, false},
		{"device being issued, with an account", ingest.Subject{Account: "alice", Device: "new", DeviceFresh: true}, submit(start, ingest.Subject{Account: "alice", Device: "newer"}, "main"), true},
		{"device being issued, alone", ingest.Subject{Device: "new", DeviceFresh: true}, submit(start, ingest.Subject{Device: "new"}, "main"), true},
		{"device being issued, not kept", ingest.Subject{Device: "new", DeviceFresh: true}, submit(start, ingest.Subject{Device: "newer"}, "main"), false},
		{"session", ingest.Subject{Session: "s1"}, submit(start, ingest.Subject{Session: "s1"}, "main"), true},
		{"other session of the account", ingest.Subject{Account: "alice", Session: "s1"}, submit(start, ingest.Subject{Account: "alice", Session: "s2"}, "main"), false},
		{"other session", ingest.Subject{Session: "s1"}, submit(start, ingest.Subject{Session: "s2"}, "main"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := service(t, &clock{start}, keyA)
			issued := issue(t, s, test.made, scope)
			pass, err := s.Redeem(t.Context(), of(test.made), solve(t, issued), scope)
			require.NoError(t, err)
			_, _, ok := s.Verify(pass.Token, test.event)
			assert.Equal(t, test.want, ok)
		})
	}
}

func TestPassWithoutAPoolIsGoodForEveryPool(t *testing.T) {
	s := service(t, &clock{start}, keyA)
	everywhere := challenge.Scope{Kind: ingest.KindOrderSubmit}
	issued := issue(t, s, alice, everywhere)
	pass, err := s.Redeem(t.Context(), of(alice), solve(t, issued), everywhere)
	require.NoError(t, err)
	_, _, ok := s.Verify(pass.Token, submit(start, alice, "any"))
	assert.True(t, ok)
}

func TestKeysRotate(t *testing.T) {
	c := &clock{start}
	before, during, after := service(t, c, keyA), service(t, c, keyB, keyA), service(t, c, keyB)
	issued := issue(t, before, alice, scope)
	old, err := before.Redeem(t.Context(), of(alice), solve(t, issued), scope)
	require.NoError(t, err)
	_, _, ok := during.Verify(old.Token, submit(start, alice, "main"))
	assert.True(t, ok)
	_, err = during.Redeem(t.Context(), of(alice), solve(t, issued), scope)
	require.NoError(t, err, "a challenge of the old key can be redeemed")
	_, _, ok = after.Verify(old.Token, submit(start, alice, "main"))
	assert.False(t, ok)
	_, err = after.Redeem(t.Context(), of(alice), solve(t, issued), scope)
	require.ErrorIs(t, err, challenge.ErrBadPayload)
}

type brokenSpent struct{}

func (brokenSpent) Once(context.Context, string, time.Duration) (bool, error) {
	return false, errors.New("away")
}

func TestNoPassWhenSpendingFails(t *testing.T) {
	c := &clock{start}
	s, err := challenge.New([][]byte{keyA}, brokenSpent{}, challenge.Options{MaxNumber: 5, Now: c.Now})
	require.NoError(t, err)
	issued := issue(t, s, alice, scope)
	pass, err := s.Redeem(t.Context(), of(alice), solve(t, issued), scope)
	require.Error(t, err)
	assert.Empty(t, pass.Token)
}

// switched is a fleet's memory that can be away.
type switched struct {
	challenge.Spent
	away bool
}

func (s *switched) Once(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	if s.away {
		return false, errors.New("away")
	}
	return s.Spent.Once(ctx, id, ttl)
}

func TestChallengesAreMetWhileTheFleetsMemoryIsAway(t *testing.T) {
	fleet := &switched{Spent: challenge.NewMemorySpent(nil)}
	var log bytes.Buffer
	here := challenge.NewFallbackSpent(fleet, slog.New(slog.NewTextHandler(&log, nil)), challenge.Options{})
	there := challenge.NewFallbackSpent(fleet, nil, challenge.Options{})
	once := func(s challenge.Spent, id string) bool {
		t.Helper()
		first, err := s.Once(t.Context(), id, time.Minute)
		require.NoError(t, err)
		return first
	}
	assert.True(t, once(here, "before"))
	assert.False(t, once(there, "before"), "the fleet shares it")
	fleet.away = true
	assert.True(t, once(here, "during"))
	assert.False(t, once(here, "during"), "once in each process")
	assert.False(t, once(here, "before"), "what was spent before stays so")
	assert.True(t, once(here, "also during"))
	fleet.away = false
	assert.False(t, once(here, "during"), "and after")
	assert.True(t, once(here, "after"))
	assert.Equal(t, 2, strings.Count(log.String(), "\n"), "each change is said once:\n%s", log.String())

	gone, leave := context.WithCancel(t.Context())
	leave()
	fleet.away = true
	_, err := here.Once(gone, "of a visitor who left", time.Minute)
	require.Error(t, err)
}

func TestNewRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		keys    [][]byte
		options challenge.Options
	}{
		"no key":        {nil, challenge.Options{}},
		"short key":     {[][]byte{[]byte("short")}, challenge.Options{}},
		"long pass":     {[][]byte{keyA}, challenge.Options{PassTTL: time.Hour}},
		"no difficulty": {[][]byte{keyA}, challenge.Options{MaxNumber: -1}},
	} {
		_, err := challenge.New(test.keys, challenge.NewMemorySpent(nil), test.options)
		require.Error(t, err, name)
	}
}

func FuzzRedeem(f *testing.F) {
	s := service(f, &clock{start}, keyA)
	issued := issue(f, s, alice, scope)
	data, err := base64.StdEncoding.DecodeString(payload(f, issued, 100000, nil))
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"salt":"?&"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := s.Redeem(t.Context(), of(alice), base64.StdEncoding.EncodeToString(data), scope)
		require.Error(t, err, "nothing but the answer is good")
		_, err = s.Redeem(t.Context(), of(alice), string(data), scope)
		require.Error(t, err)
	})
}

func FuzzVerify(f *testing.F) {
	s := service(f, &clock{start}, keyA)
	issued := issue(f, s, alice, scope)
	pass, err := s.Redeem(f.Context(), of(alice), solve(f, issued), scope)
	require.NoError(f, err)
	f.Add(strings.TrimSuffix(pass.Token, pass.Token[len(pass.Token)-4:]))
	f.Add("v1..")
	f.Fuzz(func(t *testing.T, token string) {
		if token == pass.Token {
			return
		}
		_, _, ok := s.Verify(token, submit(start, alice, "main"))
		require.False(t, ok)
	})
}

// A pass tells how its challenge was met: how long that took, for how long it
// was kept, and whether it was answered from another network.
func TestAPassTellsHowItWasMet(t *testing.T) {
	c := &clock{start}
	s := service(t, c, keyA)
	issued := issue(t, s, alice, scope)
	answer := solve(t, issued)
	c.now = start.Add(1500 * time.Millisecond)
	pass, err := s.Redeem(t.Context(), challenge.Visitor{Subject: alice, Subnet: "203.0.113.0/24"}, answer, scope)
	require.NoError(t, err)
	assert.NotContains(t, pass.Token, "203.0")
	e := submit(start.Add(4*time.Second), alice, "main")
	for subnet, moved := range map[string]bool{"203.0.113.0/24": false, "198.51.100.0/24": true, "": false} {
		e.Client.Subnet = subnet
		_, met, ok := s.Verify(pass.Token, e)
		require.True(t, ok)
		assert.Equal(t, ingest.Pass{Solve: 1500, Gap: 2500, Moved: moved}, met, subnet)
	}
	_, met, ok := s.Verify(pass.Token+"x", e)
	assert.False(t, ok)
	assert.Zero(t, met, "of a pass that is not ours nothing is believed")
}
