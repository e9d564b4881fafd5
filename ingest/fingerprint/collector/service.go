package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/pointer"
	"fairgate/ingest/outage"
)

// Options adjusts a Service. Site, Keys and Tokens are required; the other
// zero values mean the defaults named.
type Options struct {
	// Site is the tenant: a nonce or family of one says nothing in another.
	Site string
	// Keys sign nonces; the first signs, all verify. The device tokens' keys do.
	Keys [][]byte
	// Tokens seal what a beacon told.
	Tokens *fingerprint.Tokens
	// NonceTTL is for how long a nonce is good; NonceTTL.
	NonceTTL time.Duration
	// Model scores pointers; pointer.Default.
	Model      *pointer.Model
	Now        func() time.Time
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// Service judges beacons. It is safe for concurrent use.
type Service struct {
	site    string
	nonces  *nonces
	store   Store
	tokens  *fingerprint.Tokens
	model   pointer.Model
	now     func() time.Time
	results *prometheus.CounterVec
	faults  *outage.Log
}

// New makes a Service that remembers with store.
func New(store Store, o Options) (*Service, error) {
	if o.NonceTTL <= 0 {
		o.NonceTTL = NonceTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	model := pointer.Default()
	if o.Model != nil {
		model = *o.Model
	}
	n, err := newNonces(o.Site, o.Keys, o.NonceTTL)
	if store == nil || o.Tokens == nil || o.Site == "" {
		err = errors.Join(err, errors.New("store, tokens or site is missing"))
	}
	if err != nil {
		return nil, fmt.Errorf("new collector: %w", err)
	}
	s := &Service{
		site: o.Site, nonces: n, store: store, tokens: o.Tokens, model: model, now: o.Now,
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_fingerprint_beacons_total", Help: "Beacons of the collector by what became of them.",
		}, []string{"result"}),
		faults: outage.New(o.Log, o.Now, slog.LevelWarn, "beacons are not remembered", "beacons are remembered again"),
	}
	for _, r := range Results() {
		s.results.WithLabelValues(string(r))
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.results)
	}
	return s, nil
}

// Post is one beacon as it came.
type Post struct {
	Device string // the id of the verified device token, or empty
	// Known is what the device's last beacon told, where it carries that.
	Known fingerprint.Sealed
	Agent string // User-Agent of the request, clipped
	Body  []byte
	Proof string // of ProofHeader
}

// Reply is what a believed beacon gives.
type Reply struct {
	Telemetry ingest.Telemetry
	Sealed    string // for the device to carry
	Nonce     string // for its next beacon
}

// Nonce issues a nonce for a device and says for how long it is good. Its error
// is a *Refusal with NoDevice where the device is not known.
func (s *Service) Nonce(device string) (nonce string, ttl time.Duration, err error) {
	nonce, err = s.nonces.issue(device, s.now())
	return nonce, s.nonces.ttl, err
}

// Receive judges one beacon and counts what became of it. Its error is always
// a *Refusal.
func (s *Service) Receive(ctx context.Context, p Post) (Reply, error) {
	reply, err := s.receive(ctx, p)
	if err == nil {
		s.results.WithLabelValues(string(Accepted)).Inc()
		return reply, nil
	}
	refused, known := errors.AsType[*Refusal](err)
	if !known {
		s.faults.Report(ctx, err)
		refused = refuse(Failed, "", "try again")
	}
	s.results.WithLabelValues(string(refused.Result)).Inc()
	return Reply{}, refused
}

func (s *Service) receive(ctx context.Context, p Post) (Reply, error) {
	b, err := Decode(p.Body)
	if err != nil {
		return Reply{}, err
	}
	if p.Device == "" {
		return Reply{}, refuse(NoDevice, "", "there is no valid device token")
	}
	now := s.now()
	id, left, err := s.nonces.verify(b.Nonce, p.Device, now)
	if err != nil {
		return Reply{}, err
	}
	thumb, err := prove(b.Key, p.Proof, p.Body)
	if err != nil {
		return Reply{}, err
	}
	first, err := s.store.Burn(ctx, id, left+nonceSkew)
	if err != nil {
		return Reply{}, fmt.Errorf("burn a nonce: %w", err)
	}
	if !first {
		return Reply{}, refuse(Replayed, "nonce", "was used before")
	}
	// From here on the beacon is believed; what the store cannot tell stays
	// untold.
	t := summarise(b, p.Agent, now, s.model)
	carryOver(&t, p.Known.Telemetry)
	known := s.bind(ctx, p, thumb, &t)
	t.Family = s.family(ctx, b, p.Known.Telemetry.Family)
	reply := Reply{Telemetry: t, Sealed: s.tokens.Seal(p.Device, fingerprint.Sealed{Telemetry: t, Key: known})}
	if opened, ok := s.tokens.Open(p.Device, reply.Sealed); ok {
		// As later events will have it.
		reply.Telemetry = opened.Telemetry
	}
	reply.Nonce, err = s.nonces.issue(p.Device, now)
	return reply, err
}

// bind holds the beacon's key against the one first seen, and returns the one
// that holds.
func (s *Service) bind(ctx context.Context, p Post, thumb string, t *ingest.Telemetry) (bound string) {
	if thumb == "" {
		t.KeyChanged = p.Known.Key != ""
		return p.Known.Key
	}
	bound, err := s.store.Bind(ctx, p.Device, thumb)
	if err != nil {
		s.faults.Report(ctx, err)
		bound = thumb
	}
	if p.Known.Key != "" {
		bound = p.Known.Key // sealed by us, and told even where the store forgot
	}
	t.Proven, t.KeyChanged = bound == thumb, bound != thumb
	return bound
}

func (s *Service) family(ctx context.Context, b *Beacon, known string) string {
	own, keys := b.Traits.familyKeys(s.site, b.Source, minGroups)
	if own == "" {
		return known
	}
	found, err := s.store.Families(ctx, keys)
	if err != nil {
		s.faults.Report(ctx, err)
		return known
	}
	family, founds := familyOf(own, known, found)
	if founds {
		if err := s.store.Found(ctx, keys, family); err != nil {
			s.faults.Report(ctx, err)
		}
	}
	return family
}
