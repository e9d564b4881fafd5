package fingerprint_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

func TestResolve(t *testing.T) {
	p, err := fingerprint.NewProxies([]string{"10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"})
	require.NoError(t, err)
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
		origin     fingerprint.Origin
	}{
		{"no header", "10.0.0.1", nil, "10.0.0.1", fingerprint.OriginPeer},
		{"direct", "203.0.113.1", nil, "203.0.113.1", fingerprint.OriginPeer},
		{"forged by a visitor", "203.0.113.1", []string{"8.8.8.8"}, "203.0.113.1", fingerprint.OriginForged},
		{"one hop", "10.0.0.1", []string{"203.0.113.1"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"what the visitor wrote is to the left", "10.0.0.1", []string{"8.8.8.8, 203.0.113.1"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"over trusted hops", "10.0.0.1", []string{"8.8.8.8, 203.0.113.1, 192.0.2.7,10.9.9.9"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"several headers", "10.0.0.1", []string{"8.8.8.8", "203.0.113.1", "10.2.2.2"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"only trusted hops", "10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3", fingerprint.OriginForwarded},
		{"with a port", "10.0.0.1", []string{"203.0.113.1:4711"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"IPv6 with a port", "10.0.0.1", []string{"[2001:db8::1]:4711"}, "2001:db8::1", fingerprint.OriginForwarded},
		{"IPv6 peer", "2001:db8:1::5", []string{"2001:db8::1"}, "2001:db8::1", fingerprint.OriginForwarded},
		{"mapped", "::ffff:10.0.0.1", []string{"::ffff:203.0.113.1"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"garbage", "10.0.0.1", []string{"203.0.113.1, unknown"}, "10.0.0.1", fingerprint.OriginMalformed},
		{"garbage after a hop", "10.0.0.1", []string{"<script>, 10.0.0.2"}, "10.0.0.2", fingerprint.OriginMalformed},
		{"garbage beyond the visitor is not read", "10.0.0.1", []string{"garbage, 203.0.113.1"}, "203.0.113.1", fingerprint.OriginForwarded},
		{"empty", "10.0.0.1", []string{""}, "10.0.0.1", fingerprint.OriginMalformed},
		{"zone", "10.0.0.1", []string{"fe80::1%eth0"}, "10.0.0.1", fingerprint.OriginMalformed},
		{"unspecified", "10.0.0.1", []string{"0.0.0.0"}, "10.0.0.1", fingerprint.OriginMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, origin := p.Resolve(netip.MustParseAddr(c.peer), c.forwarded)
			assert.Equal(t, c.want, got.String())
			assert.Equal(t, c.origin, origin)
		})
	}
}

func TestProxiesReportEveryBadEntry(t *testing.T) {
	_, err := fingerprint.NewProxies([]string{"10.0.0.0/33", "10.0.0.0/8", "proxy.local"})
	require.ErrorContains(t, err, `trusted proxy 1: "10.0.0.0/33"`)
	require.ErrorContains(t, err, `trusted proxy 3: "proxy.local"`)
}

func TestSubnet(t *testing.T) {
	assert.Equal(t, "203.0.113.0/24", fingerprint.Subnet(netip.MustParseAddr("203.0.113.77")))
	assert.Equal(t, "203.0.113.0/24", fingerprint.Subnet(netip.MustParseAddr("::ffff:203.0.113.77")))
	assert.Equal(t, "2001:db8:7::/48", fingerprint.Subnet(netip.MustParseAddr("2001:db8:7:8::1")))
	assert.Empty(t, fingerprint.Subnet(netip.Addr{}))
}

func FuzzResolve(f *testing.F) {
	p, err := fingerprint.NewProxies([]string{"10.0.0.0/8"})
	require.NoError(f, err)
	f.Add("10.0.0.1, 203.0.113.1")
	f.Add("[::1]:x, ,")
	f.Fuzz(func(t *testing.T, header string) {
		trusted, _ := p.Resolve(netip.MustParseAddr("10.0.0.1"), []string{header})
		assert.True(t, trusted.IsValid())
		stranger := netip.MustParseAddr("203.0.113.9")
		got, _ := p.Resolve(stranger, []string{header})
		assert.Equal(t, stranger, got)
	})
}
