package httpapi

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const goldenKey = "0123456789abcdef0123456789abcdef"

// TestSignGolden holds the rule that the gateway signs by; the vector was
// computed with openssl.
func TestSignGolden(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a31688fe117bb7d09b8d3bb9f16b84e748e91e395a84b9579fce1d5a3adeea76",
		Sign([]byte(goldenKey), "POST", "/api/v1/orders?x=1", "1767225600000",
			"018f0000-0000-7000-8000-000000000001", []byte(`{"pool":"main"}`)))
}

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1767225600000)
	other := []byte("ffffffffffffffffffffffffffffffff")
	valid := func() signed {
		s := signed{
			method: "POST", target: "/api/v1/orders?x=1", timestamp: "1767225600000",
			requestID: "018f0000-0000-7000-8000-000000000001", body: []byte(`{"pool":"main"}`),
		}
		return s
	}
	sign := func(s signed, key []byte) signed {
		s.signature = "v1=" + Sign(key, s.method, s.target, s.timestamp, s.requestID, s.body)
		return s
	}
	cases := []struct {
		name   string
		change func(signed) signed // of a validly signed request
		want   error
	}{
		{"untouched", func(s signed) signed { return s }, nil},
		{"second key", func(s signed) signed { return sign(s, other) }, nil},
		{"unknown key", func(s signed) signed { return sign(s, []byte("another")) }, errBadSignature},
		{"method", func(s signed) signed { s.method = "PUT"; return s }, errBadSignature},
		{"query", func(s signed) signed { s.target = "/api/v1/orders?x=2"; return s }, errBadSignature},
		{"body", func(s signed) signed { s.body = []byte(`{"pool":"other"}`); return s }, errBadSignature},
		{"timestamp", func(s signed) signed { s.timestamp = "1767225600001"; return s }, errBadSignature},
		{"request id", func(s signed) signed { s.requestID += "2"; return s }, errBadSignature},
		{"no request id", func(s signed) signed { s.requestID = ""; return sign(s, other) }, errNoSignature},
		{"no signature", func(s signed) signed { s.signature = ""; return s }, errNoSignature},
		{"version", func(s signed) signed { s.signature = "v2" + s.signature[2:]; return s }, errNoSignature},
		{"not hex", func(s signed) signed { s.signature = "v1=zz"; return s }, errNoSignature},
		{"truncated", func(s signed) signed { s.signature = s.signature[:20]; return s }, errNoSignature},
		{"not a time", func(s signed) signed { s.timestamp = "noon"; return sign(s, other) }, errNoSignature},
		{"30 s late", func(s signed) signed { return sign(at(s, now.Add(-30*time.Second)), other) }, nil},
		{"later", func(s signed) signed { return sign(at(s, now.Add(-30001*time.Millisecond)), other) }, errStale},
		{"too early", func(s signed) signed { return sign(at(s, now.Add(30001*time.Millisecond)), other) }, errStale},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := &verifier{
				keys: [][]byte{[]byte(goldenKey), other}, tolerance: 30 * time.Second,
				clock: func() time.Time { return now }, guard: newReplayGuard(time.Minute, 10),
			}
			err := v.verify(c.change(sign(valid(), []byte(goldenKey))))
			if c.name == "truncated" { // odd or short hex: either reason refuses
				require.Error(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
			if c.want == nil {
				require.ErrorIs(t, v.verify(c.change(sign(valid(), []byte(goldenKey)))), errReplayed)
			}
		})
	}
}

func at(s signed, moment time.Time) signed {
	s.timestamp = strconv.FormatInt(moment.UnixMilli(), 10)
	return s
}

// TestReplayGuardForgetsOnlyInTime holds that an id is refused for as long as
// its signature lives, whatever the generation, and that memory is bounded.
func TestReplayGuardForgetsOnlyInTime(t *testing.T) {
	t.Parallel()
	start := time.UnixMilli(1767225600000)
	for first := time.Duration(0); first < 130*time.Second; first += 7 * time.Second {
		g := newReplayGuard(time.Minute, 1000)
		require.NoError(t, g.admit("opener", start))
		require.NoError(t, g.admit("x", start.Add(first)))
		for later := time.Duration(0); later < time.Minute; later += time.Second {
			require.ErrorIs(t, g.admit("x", start.Add(first+later)), errReplayed, "first %s, later %s", first, later)
		}
		require.NoError(t, g.admit("x", start.Add(first+2*time.Minute)))
	}
	g := newReplayGuard(time.Minute, 3)
	for i := range 3 {
		require.NoError(t, g.admit(fmt.Sprint(i), start))
	}
	require.ErrorIs(t, g.admit("3", start), errGuardFull)
	require.NoError(t, g.admit("3", start.Add(2*time.Minute)))
}
