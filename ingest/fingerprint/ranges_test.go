package fingerprint_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// headersOf splits "Name: value|Name: value".
func headersOf(lines string) []fingerprint.Header {
	var out []fingerprint.Header
	for line := range strings.SplitSeq(lines, "|") {
		name, value, _ := strings.Cut(line, ": ")
		out = append(out, fingerprint.NewHeader(name, value))
	}
	return out
}

func TestRanges(t *testing.T) {
	r, err := fingerprint.ParseRanges([]byte("# hosting\n192.0.2.0/25\n192.0.2.64/26 # inside\n\n192.0.2.128/25\n198.51.100.7\n2001:db8::/32\n"))
	require.NoError(t, err)
	for addr, want := range map[string]bool{
		"192.0.2.0": true, "192.0.2.127": true, "192.0.2.128": true, "192.0.2.255": true, "192.0.3.0": false, "192.0.1.255": false,
		"198.51.100.7": true, "198.51.100.8": false, "::ffff:198.51.100.7": true, "2001:db8:1::": true, "2001:db9::": false, "::1": false,
	} {
		assert.Equal(t, want, r.Contains(netip.MustParseAddr(addr)), addr)
	}
	assert.False(t, r.Contains(netip.Addr{}))
	var none *fingerprint.Ranges
	assert.False(t, none.Contains(netip.MustParseAddr("192.0.2.1")))
	assert.Zero(t, none.Len())

	_, err = fingerprint.ParseRanges([]byte("192.0.2.0/24\n192.0.2.0/33\n\nhello\nfe80::1%eth0\n"))
	require.ErrorContains(t, err, "line 2")
	require.ErrorContains(t, err, "line 4")
	require.ErrorContains(t, err, "line 5")
	_, err = fingerprint.ParseRanges([]byte(strings.Repeat("x\n", 1000)))
	assert.Len(t, strings.Split(err.Error(), "\n"), 20, "not a thousand faults")
}

func FuzzParseRanges(f *testing.F) {
	f.Add([]byte("192.0.2.0/24\n2001:db8::/32 # x\n"))
	f.Add([]byte("0.0.0.0/0\n::/0"))
	f.Fuzz(func(_ *testing.T, content []byte) {
		r, err := fingerprint.ParseRanges(content)
		if err == nil {
			_ = r.Contains(netip.MustParseAddr("192.0.2.1"))
		}
	})
}

func TestRangesOfFilesAreReloaded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosting.txt")
	g := fingerprint.NewGeo(fingerprint.GeoOptions{HostingRanges: file, MobileRanges: filepath.Join(t.TempDir(), "absent")})
	at := time.Now()
	write := func(content string) error {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		at = at.Add(time.Second)
		require.NoError(t, os.Chtimes(file, at, at))
		return g.Reload(t.Context())
	}
	addr := netip.MustParseAddr("192.0.2.1")
	require.NoError(t, g.Reload(t.Context()), "a file that is not there yet is no error")
	assert.False(t, g.Lookup(addr).Hosting)
	require.NoError(t, write("192.0.2.0/24"))
	assert.True(t, g.Lookup(addr).Hosting)
	assert.False(t, g.Lookup(addr).Mobile)
	require.ErrorContains(t, write("nonsense"), "line 1")
	assert.True(t, g.Lookup(addr).Hosting, "the former one stays in use")
	require.NoError(t, write("198.51.100.0/24"))
	assert.False(t, g.Lookup(addr).Hosting)
}

func TestPhoneClass(t *testing.T) {
	tokens, err := fingerprint.NewTokens([]byte(strings.Repeat("k", 32)), fingerprint.TokenOptions{})
	require.NoError(t, err)
	usual, err := fingerprint.New(tokens, fingerprint.Options{})
	require.NoError(t, err)
	own, err := fingerprint.New(tokens, fingerprint.Options{VirtualNumbers: []string{"1349"}})
	require.NoError(t, err)
	for number, want := range map[string]ingest.PhoneClass{
		"13800138000": ingest.PhoneMobile, "+86 170-1234-5678": ingest.PhoneVirtual, "１７１００００００００": ingest.PhoneVirtual, "16512345678": ingest.PhoneVirtual,
		"19912345678": ingest.PhoneMobile, "+1 202 555 0143": ingest.PhoneForeign, "0044 20 7946 0958": ingest.PhoneForeign,
		"010-12345678": "", "": "", "me@example.org": "", "170": "",
	} {
		assert.Equal(t, want, usual.PhoneClass(number), number)
	}
	assert.Equal(t, ingest.PhoneVirtual, own.PhoneClass("13491234567"))
	assert.Equal(t, ingest.PhoneMobile, own.PhoneClass("17012345678"))
}
