package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest/fingerprint"
)

// Check reports why a part that the gateway needs is not ready, or nil.
type Check func(ctx context.Context) error

// Options adjusts a Gateway. Reader, Keyer and SigningKey are required; the
// other zero values mean the defaults named.
type Options struct {
	Site string // the tenant; "default"
	Name string // this instance; "gateway"

	Routes     *Routes // DefaultRoutes
	Reader     *fingerprint.Reader
	Keyer      *fingerprint.Keyer
	SigningKey []byte // shared with the upstream, at least 32 bytes

	JWT        *JWTOptions // nil: bearer tokens are session tokens only
	Bindings   Bindings    // a MemoryBindings
	BindingTTL time.Duration

	// Deadline is what screening may take; 20 ms.
	Deadline time.Duration
	// AppealHours is within how many hours an appeal is answered; 24.
	AppealHours int
	// SecureCookies is to be set wherever visitors come by HTTPS.
	SecureCookies bool

	// Collector judges beacons; without one CollectPath is unknown.
	Collector Collector
	// CollectorPath, if given, is announced on every forwarded answer by
	// CollectorHeader, so that pages know where to load the collector from.
	CollectorPath string
	// Mounts are handlers by path ("/.fairgate/challenge"); each answers its
	// path and what lies below. They may ask VisitorFrom who calls.
	Mounts map[string]fiber.Handler
	// Ready are asked by /readyz.
	Ready map[string]Check

	// Transport carries requests to the upstream; nil: HTTP connections, of
	// which UpstreamConns and MaxResponse are the bounds.
	Transport       Transport
	UpstreamTimeout time.Duration // for one answer; 10 s
	UpstreamConns   int           // at most; 512
	MaxResponse     int           // bytes of an answer; 16 MiB

	// Workers finish events off the visitor's path; 0: 4. Below 0 there are
	// none: an event is finished before its visitor is answered.
	Workers int
	Backlog int // of events for them; 4096

	Clock      func() time.Time
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// withDefaults fills what was left out and reports what must not be.
func (o Options) withDefaults() (Options, error) {
	var errs []error
	if o.Reader == nil {
		errs = append(errs, errors.New("reader is missing"))
	}
	if o.Keyer == nil {
		errs = append(errs, errors.New("keyer is missing"))
	}
	if len(o.SigningKey) < fingerprint.MinMasterKey {
		errs = append(errs, fmt.Errorf("signing key has %d bytes, at least %d", len(o.SigningKey), fingerprint.MinMasterKey))
	}
	if o.Routes == nil {
		var err error
		if o.Routes, err = DefaultRoutes(); err != nil {
			errs = append(errs, err)
		}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Bindings == nil {
		o.Bindings = NewMemoryBindings(0, nil, o.Clock)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	orString(&o.Site, "default")
	orString(&o.Name, "gateway")
	orPositive(&o.Deadline, 20*time.Millisecond)
	orPositive(&o.BindingTTL, 30*24*time.Hour)
	orPositive(&o.AppealHours, 24)
	orPositive(&o.UpstreamTimeout, 10*time.Second)
	orPositive(&o.UpstreamConns, 512)
	orPositive(&o.MaxResponse, 16<<20)
	if o.Workers >= 0 {
		orPositive(&o.Workers, 4)
	}
	orPositive(&o.Backlog, 4096)
	return o, errors.Join(errs...)
}

func orString(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

func orPositive[T int | time.Duration](to *T, value T) {
	if *to <= 0 {
		*to = value
	}
}

// parseUpstream accepts "http://host:port" and "https://host:port".
func parseUpstream(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %w", raw, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("upstream %q is not of the form http://host:port", u.Redacted())
	}
	return u, nil
}

// newBoot names a start of the process in every event it writes.
func newBoot() string { return uuid.NewString() }
