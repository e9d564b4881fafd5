package fingerprint_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

// writeDB builds a database of the given type with one network.
func writeDB(t *testing.T, path, kind, network string, record mmdbtype.Map) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IncludeReservedNetworks: true})
	require.NoError(t, err)
	_, cidr, err := net.ParseCIDR(network)
	require.NoError(t, err)
	require.NoError(t, tree.Insert(cidr, record))
	var b bytes.Buffer
	_, err = tree.WriteTo(&b)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
}

func asnRecord(number uint32, org string) mmdbtype.Map {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number), "autonomous_system_organization": mmdbtype.String(org)}
}

func TestGeoLookup(t *testing.T) {
	dir := t.TempDir()
	asn, country, anonymous := filepath.Join(dir, "asn.mmdb"), filepath.Join(dir, "country.mmdb"), filepath.Join(dir, "anonymous.mmdb")
	writeDB(t, asn, "GeoLite2-ASN", "203.0.113.0/24", asnRecord(37963, "Hangzhou Alibaba"))
	writeDB(t, country, "GeoLite2-City", "203.0.113.0/24", mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("CN")}})
	writeDB(t, anonymous, "GeoIP2-Anonymous-IP", "198.51.100.0/24", mmdbtype.Map{"is_hosting_provider": mmdbtype.Bool(true)})
	g := fingerprint.NewGeo(fingerprint.GeoOptions{ASN: asn, Country: country, Anonymous: anonymous})
	assert.Zero(t, g.Lookup(netip.MustParseAddr("203.0.113.5")), "nothing is known before the first load")
	require.NoError(t, g.Reload(context.Background()))

	assert.Equal(t, fingerprint.Location{ASN: 37963, Org: "Hangzhou Alibaba", Country: "CN", Hosting: true},
		g.Lookup(netip.MustParseAddr("203.0.113.5")), "a cloud named by its number")
	assert.Equal(t, fingerprint.Location{Hosting: true}, g.Lookup(netip.MustParseAddr("198.51.100.5")))
	assert.Zero(t, g.Lookup(netip.MustParseAddr("192.0.2.1")))
	assert.Zero(t, g.Lookup(netip.Addr{}))
	var none *fingerprint.Geo
	assert.Zero(t, none.Lookup(netip.MustParseAddr("192.0.2.1")))
}

func TestGeoBrokenFileKeepsWhatThereWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asn.mmdb")
	registry := prometheus.NewRegistry()
	addr := netip.MustParseAddr("203.0.113.5")
	writeDB(t, path, "GeoLite2-ASN", "203.0.113.0/24", asnRecord(1, "one"))
	g := fingerprint.NewGeo(fingerprint.GeoOptions{ASN: path, Registerer: registry})
	ctx := context.Background()
	require.NoError(t, g.Reload(ctx))

	for name, content := range map[string][]byte{"garbage": []byte("not a database"), "empty": {}} {
		require.NoError(t, os.WriteFile(path, content, 0o600), name)
		err := g.Reload(ctx)
		require.ErrorContains(t, err, path, name)
		require.NoError(t, g.Reload(ctx), "the same broken file is not reported again")
		assert.Equal(t, uint32(1), g.Lookup(addr).ASN, name)
	}
	writeDB(t, path, "GeoLite2-Country", "203.0.113.0/24", mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("CN")}})
	require.ErrorContains(t, g.Reload(ctx), "of another kind")
	assert.Equal(t, uint32(1), g.Lookup(addr).ASN)

	writeDB(t, path, "GeoLite2-ASN", "203.0.113.0/24", asnRecord(2, "a longer name, so that the size differs"))
	require.NoError(t, g.Reload(ctx))
	assert.Equal(t, uint32(2), g.Lookup(addr).ASN)
	assert.InDelta(t, 3, total(t, registry, "fairgate_fingerprint_geo_load_failures_total"), 0)
}

// total is a counter's sum over its labels.
func total(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	sum := 0.0
	families, err := r.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func TestGeoAbsentIsLoggedOnceAndReloadedWhenItComes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asn.mmdb")
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		g := fingerprint.NewGeo(fingerprint.GeoOptions{
			ASN: path, Interval: time.Minute, Log: slog.New(slog.NewTextHandler(&logged, nil)),
		})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- g.Run(ctx) }()
		<-time.After(3*time.Minute + time.Second) // the bubble's clock
		synctest.Wait()
		assert.Equal(t, 3, strings.Count(logged.String(), "absent"), "once for each of three databases")
		assert.Equal(t, 1, strings.Count(logged.String(), "level=WARN"), "those that were not asked for are no warning")
		writeDB(t, path, "GeoLite2-ASN", "203.0.113.0/24", asnRecord(7, "seven"))
		<-time.After(time.Minute) // the bubble's clock
		synctest.Wait()
		assert.Equal(t, uint32(7), g.Lookup(netip.MustParseAddr("203.0.113.1")).ASN)
		cancel()
		require.NoError(t, <-done)
	})
}

// TestGeoKnown asks what somebody knows beside the databases.
func TestGeoKnown(t *testing.T) {
	t.Parallel()
	g := fingerprint.NewGeo(fingerprint.GeoOptions{HostingASNs: []uint32{64500}, Known: func(a netip.Addr) fingerprint.Location {
		if a == netip.MustParseAddr("192.0.2.1") {
			return fingerprint.Location{ASN: 64500, Country: "CN", Mobile: true}
		}
		return fingerprint.Location{}
	}})
	assert.Equal(t, fingerprint.Location{ASN: 64500, Country: "CN", Mobile: true, Hosting: true}, g.Lookup(netip.MustParseAddr("192.0.2.1")))
	assert.Equal(t, fingerprint.Location{}, g.Lookup(netip.MustParseAddr("192.0.2.2")))
}
