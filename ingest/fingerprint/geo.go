package fingerprint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// DefaultHostingASNs are the Chinese clouds that no public list of hosting
// networks covers: Alibaba Cloud, Tencent Cloud, Huawei Cloud.
func DefaultHostingASNs() []uint32 { return []uint32{37963, 45090, 55990} }

// DefaultMobileASNs are China Mobile's provincial networks, which are in use for
// phones. The other carriers' phones share their networks with homes; name
// their ranges in a file.
func DefaultMobileASNs() []uint32 {
	return []uint32{56040, 56041, 56042, 56044, 56046, 56047, 56048, 24400, 24444, 24445, 24547, 38019}
}

// GeoOptions names the databases. An empty path means that what the database
// would tell stays unknown.
type GeoOptions struct {
	ASN       string // GeoLite2-ASN or GeoIP2-ISP style, type "…-ASN"
	Country   string // a Country or City database
	Anonymous string // GeoIP2-Anonymous-IP
	// HostingASNs are networks of hosting providers; nil means
	// DefaultHostingASNs.
	HostingASNs []uint32
	// MobileASNs are networks that only mobile carriers use; nil means
	// DefaultMobileASNs.
	MobileASNs []uint32
	// HostingRanges and MobileRanges are files of networks, one a line: of
	// hosting and VPN providers, and of mobile carriers.
	HostingRanges, MobileRanges string
	// Known tells what somebody knows beside the databases, which say nothing of
	// its addresses; nil: nobody does. It is called by several at once.
	Known func(netip.Addr) Location
	// Interval is how often Run looks whether a file has changed; 30 s.
	Interval   time.Duration
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// Location is what the databases tell about an address; zero values are
// unknown.
type Location struct {
	ASN     uint32
	Org     string
	Country string // ISO 3166-1 alpha-2
	Hosting bool
	Mobile  bool
}

// Geo looks addresses up in MaxMind databases held in memory, and exchanges
// one for its successor when its file changes. A file that is broken never
// replaces one that was not. It is safe for concurrent use.
type Geo struct {
	asn, country, anonymous *database
	hostingRanges           rangesFile
	mobileRanges            rangesFile

	hosting, mobile []uint32
	known           func(netip.Addr) Location

	interval time.Duration
	log      *slog.Logger
	failures *prometheus.CounterVec
	loaded   *prometheus.GaugeVec
}

// database is one file and what was last read from it.
type database struct {
	name, path string
	probe      func(*geoip2.Reader) error
	reader     atomic.Pointer[geoip2.Reader]

	mu       sync.Mutex // held while loading
	modified time.Time
	size     int64
	missing  bool
}

// NewGeo makes a Geo that knows nothing until Reload or Run is called.
func NewGeo(o GeoOptions) *Geo {
	if o.HostingASNs == nil {
		o.HostingASNs = DefaultHostingASNs()
	}
	if o.MobileASNs == nil {
		o.MobileASNs = DefaultMobileASNs()
	}
	if o.Interval <= 0 {
		o.Interval = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	g := &Geo{
		known: o.Known, hosting: o.HostingASNs, mobile: o.MobileASNs, interval: o.Interval, log: o.Log,
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_fingerprint_geo_load_failures_total", Help: "GeoIP files that could not be read, by database.",
		}, []string{"database"}),
		loaded: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairgate_fingerprint_geo_loaded", Help: "1 where a GeoIP database is in use.",
		}, []string{"database"}),
	}
	// A database of another kind opens well and fails at look-up, so every
	// file is tried with one address before it is put to use.
	probe := netip.AddrFrom4([4]byte{192, 0, 2, 1})
	g.asn = &database{name: "asn", path: o.ASN, probe: func(r *geoip2.Reader) error { _, err := r.ASN(probe); return err }}
	g.country = &database{name: "country", path: o.Country, probe: func(r *geoip2.Reader) error { _, err := r.Country(probe); return err }}
	g.anonymous = &database{name: "anonymous", path: o.Anonymous, probe: func(r *geoip2.Reader) error { _, err := r.AnonymousIP(probe); return err }}
	g.hostingRanges.name, g.hostingRanges.path = "hosting_ranges", o.HostingRanges
	g.mobileRanges.name, g.mobileRanges.path = "mobile_ranges", o.MobileRanges
	if o.Registerer != nil {
		o.Registerer.MustRegister(g.failures, g.loaded)
	}
	return g
}

// Reload reads every file that is new or has changed. Its error names each
// file that could not be used; for those, what was known before goes on being
// used. A file that is not there is no error: it is logged once, and what it
// would tell stays unknown.
func (g *Geo) Reload(ctx context.Context) error {
	var errs []error
	for _, db := range []*database{g.asn, g.country, g.anonymous} {
		changed, err := db.load()
		switch {
		case errors.Is(err, fs.ErrNotExist) || (err == nil && db.path == ""):
			db.mu.Lock()
			first := !db.missing
			db.missing = true
			db.mu.Unlock()
			if first {
				level := slog.LevelWarn
				if db.path == "" { // not configured: as it was asked for
					level = slog.LevelInfo
				}
				g.log.Log(ctx, level, "geoip database is absent, what it tells stays unknown", "database", db.name, "file", db.path)
			}
		case err != nil:
			g.failures.WithLabelValues(db.name).Inc()
			errs = append(errs, err)
		case changed:
			g.loaded.WithLabelValues(db.name).Set(1)
			g.log.InfoContext(ctx, "geoip database loaded", "database", db.name, "file", db.path)
		}
	}
	for _, f := range []*rangesFile{&g.hostingRanges, &g.mobileRanges} {
		changed, err := f.load()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			g.absent(ctx, f.name, f.path, &f.missing)
		case err != nil:
			g.failures.WithLabelValues(f.name).Inc()
			errs = append(errs, err)
		case changed:
			f.missing.Store(false)
			g.loaded.WithLabelValues(f.name).Set(1)
			g.log.InfoContext(ctx, "address ranges loaded", "ranges", f.name, "file", f.path, "count", f.ranges.Load().Len())
		}
	}
	return errors.Join(errs...)
}

// absent says once that a file is not there.
func (g *Geo) absent(ctx context.Context, name, path string, said *atomic.Bool) {
	if !said.Swap(true) {
		g.log.WarnContext(ctx, "address ranges are absent, what they tell stays unknown", "ranges", name, "file", path)
	}
}

// Run reloads at once and then at every interval until ctx ends. It logs what
// Reload reports, and always returns nil.
func (g *Geo) Run(ctx context.Context) error {
	tick := time.NewTicker(g.interval)
	defer tick.Stop()
	for {
		if err := g.Reload(ctx); err != nil {
			g.log.ErrorContext(ctx, "geoip database refused, the former one stays in use", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// load reads the file if it has changed since it was last read or refused.
func (d *database) load() (changed bool, err error) {
	if d.path == "" {
		return false, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(d.path)
	if err != nil {
		return false, fmt.Errorf("geoip %s database %q: %w", d.name, d.path, err)
	}
	if info.ModTime().Equal(d.modified) && info.Size() == d.size {
		return false, nil
	}
	// Read whole rather than mapped: a file cut short while it is mapped would
	// end the process.
	content, err := os.ReadFile(d.path)
	if err != nil {
		return false, fmt.Errorf("geoip %s database %q: %w", d.name, d.path, err)
	}
	d.modified, d.size, d.missing = info.ModTime(), info.Size(), false
	reader, err := geoip2.OpenBytes(content)
	if err == nil {
		err = d.probe(reader)
	}
	if err != nil {
		return false, fmt.Errorf("geoip %s database %q is broken or of another kind: %w", d.name, d.path, err)
	}
	d.reader.Store(reader)
	return true, nil
}

// Lookup tells what is known about addr. What cannot be read is unknown.
func (g *Geo) Lookup(addr netip.Addr) Location {
	var l Location
	if g == nil || !addr.IsValid() {
		return l
	}
	if g.known != nil {
		l = g.known(addr)
	}
	if r := g.asn.reader.Load(); r != nil {
		if rec, err := r.ASN(addr); err == nil && rec.AutonomousSystemNumber <= 1<<32-1 {
			l.ASN, l.Org = uint32(rec.AutonomousSystemNumber), rec.AutonomousSystemOrganization
		}
	}
	if r := g.country.reader.Load(); r != nil {
		if rec, err := r.Country(addr); err == nil {
			l.Country = rec.Country.ISOCode
		}
	}
	if r := g.anonymous.reader.Load(); r != nil {
		if rec, err := r.AnonymousIP(addr); err == nil {
			l.Hosting = rec.IsHostingProvider || rec.IsAnonymousVPN || rec.IsPublicProxy || rec.IsTorExitNode
		}
	}
	l.Hosting = l.Hosting || (l.ASN != 0 && slices.Contains(g.hosting, l.ASN)) || g.hostingRanges.ranges.Load().Contains(addr)
	l.Mobile = l.Mobile || l.ASN != 0 && slices.Contains(g.mobile, l.ASN) || g.mobileRanges.ranges.Load().Contains(addr)
	return l
}
