package collector_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/fingerprint/pointer"
)

var (
	deviceKey = []byte(strings.Repeat("d", 32))
	start     = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
)

// gate is one gateway's collector.
type gate struct {
	*collector.Service
	tokens *fingerprint.Tokens
	now    time.Time
}

func newGate(t testing.TB, store collector.Store, keys ...[]byte) *gate {
	t.Helper()
	g := &gate{now: start}
	clock := func() time.Time { return g.now }
	var err error
	g.tokens, err = fingerprint.NewTokens(deviceKey, fingerprint.TokenOptions{Now: clock})
	require.NoError(t, err)
	if len(keys) == 0 {
		keys = [][]byte{deviceKey}
	}
	g.Service, err = collector.New(store, collector.Options{Site: "museum", Keys: keys, Tokens: g.tokens, Now: clock, Registerer: prometheus.NewRegistry()})
	require.NoError(t, err)
	return g
}

// handset is a device with what it keeps between beacons.
type handset struct {
	id     string
	key    *ecdsa.PrivateKey
	sealed string
	traits collector.Traits
}

func newHandset(t testing.TB, g *gate) *handset {
	t.Helper()
	_, device := g.tokens.Issue(0)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &handset{id: device.ID, key: key, traits: collector.Traits{
		Agent: "Mozilla/5.0 (Linux; Android 14; SM-G991B) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36", Platform: "Linux armv81",
		Languages: []string{"zh-CN", "en"}, Zone: "Asia/Shanghai", Offset: 480, Cores: 8, Memory: 8,
		Screen: collector.Screen{Width: 360, Height: 800, Depth: 24, Ratio: 3, TouchDots: 5},
		Canvas: "aa", WebGL: "bb", Audio: "cc", Fonts: "dd", Renderer: "Mali-G78",
	}}
}

// post makes the beacon that the device would send now; change adjusts it.
func (h *handset) post(t testing.TB, g *gate, change func(*collector.Beacon)) collector.Post {
	t.Helper()
	nonce, ttl, err := g.Nonce(h.id)
	require.NoError(t, err)
	require.Equal(t, collector.NonceTTL, ttl)
	b := collector.Beacon{Version: 1, Nonce: nonce, Source: ingest.SourceBrowser, At: g.now.UnixMilli(), Traits: h.traits}
	if h.key != nil {
		b.Key = public(t, h.key)
	}
	if change != nil {
		change(&b)
	}
	body, err := json.Marshal(b)
	require.NoError(t, err)
	p := collector.Post{Device: h.id, Agent: h.traits.Agent, Body: body}
	if h.key != nil {
		p.Proof = sign(t, h.key, body)
	}
	p.Known, _ = g.tokens.Open(h.id, h.sealed)
	return p
}

// send posts and keeps what it is given to carry.
func (h *handset) send(t testing.TB, g *gate, change func(*collector.Beacon)) ingest.Telemetry {
	t.Helper()
	reply, err := g.Receive(t.Context(), h.post(t, g, change))
	require.NoError(t, err)
	h.sealed = reply.Sealed
	return reply.Telemetry
}

func public(t testing.TB, key *ecdsa.PrivateKey) *collector.PublicKey {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	return &collector.PublicKey{X: encode(point[1:33]), Y: encode(point[33:])}
}

func sign(t testing.TB, key *ecdsa.PrivateKey, body []byte) string {
	t.Helper()
	sum := sha256.Sum256(append([]byte("fairgate-beacon-v1\n"), body...))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	require.NoError(t, err)
	var raw [64]byte
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func refusal(t testing.TB, err error) collector.Result {
	t.Helper()
	var refused *collector.Refusal
	require.ErrorAs(t, err, &refused)
	return refused.Result
}

func TestBeaconIsSummarised(t *testing.T) {
	g := newGate(t, collector.NewMemory(nil))
	h := newHandset(t, g)
	told := h.send(t, g, func(b *collector.Beacon) {
		b.At += 90_500
		b.Automation = []ingest.Trace{ingest.TraceWindow, ingest.TraceWebdriver}
		b.Pointer = &pointer.Summary{Moves: 200, Speed: 0.4, SpeedSpread: 1.2, Turn: 0.3}
		b.Keys = &collector.Keys{Presses: 11, Gap: 181.6, GapSpread: 70.2, Pastes: 1}
	})
	assert.Equal(t, ingest.SourceBrowser, told.Source)
	assert.Equal(t, start, told.At)
	assert.Equal(t, []ingest.Trace{ingest.TraceWebdriver, ingest.TraceWindow}, told.Traces)
	assert.Equal(t, []int{200, 11, 182, 70, 1, 90}, []int{told.Moves, told.Keys, told.KeyGap, told.KeySpread, told.Pastes, told.Skew})
	assert.True(t, told.Proven)
	assert.False(t, told.KeyChanged)
	assert.Len(t, told.Family, 16)
	assert.Len(t, told.Print, 16)
	assert.Greater(t, told.Pointer, 0.0)
	sealed, ok := g.tokens.Open(h.id, h.sealed)
	require.True(t, ok)
	assert.Equal(t, told, sealed.Telemetry, "what later events have is what this one had")

	first := told
	told = h.send(t, g, func(b *collector.Beacon) {
		b.Automation, b.Pointer = []ingest.Trace{ingest.TraceDevtools}, &pointer.Summary{Moves: 20, Speed: 9}
	})
	assert.Equal(t, 200, told.Moves, "too few moves are not scored, and those before stay")
	assert.InDelta(t, first.Pointer, told.Pointer, 0.001)
	assert.Equal(t, []ingest.Trace{ingest.TraceWebdriver, ingest.TraceDevtools, ingest.TraceWindow}, told.Traces, "traces stay, too")
	assert.Equal(t, []int{11, 182, 1}, []int{told.Keys, told.KeyGap, told.Pastes})
	told = h.send(t, g, func(b *collector.Beacon) { b.Pointer = &pointer.Summary{Moves: 600, Speed: 3, SpeedSpread: 2} })
	assert.Equal(t, 800, told.Moves)
	told = h.send(t, g, func(b *collector.Beacon) { b.Traits.Agent = "Mozilla/5.0 (X11) Other" })
	assert.True(t, told.Has(ingest.TraceAgent), "the page's agent is not the header's")
	told = h.send(t, g, func(b *collector.Beacon) { b.At = 1 })
	assert.Equal(t, -86_400, told.Skew, "bounded")
}

func TestNonceIsGoodOnceForOneDeviceAndNotForLong(t *testing.T) {
	g := newGate(t, collector.NewMemory(nil))
	h, other := newHandset(t, g), newHandset(t, g)
	stale := h.post(t, g, nil)
	p := h.post(t, g, nil)
	_, err := g.Receive(t.Context(), p)
	require.NoError(t, err)
	_, err = g.Receive(t.Context(), p)
	assert.Equal(t, collector.Replayed, refusal(t, err))

	foreign := h.post(t, g, nil)
	foreign.Device = other.id
	_, err = g.Receive(t.Context(), foreign)
	assert.Equal(t, collector.NonceForeign, refusal(t, err))
	nobody := h.post(t, g, nil)
	nobody.Device = ""
	_, err = g.Receive(t.Context(), nobody)
	assert.Equal(t, collector.NoDevice, refusal(t, err))
	for name, nonce := range map[string]string{"short": "n1.AA.AA", "no mac": "n1.AAAA", "long": strings.Repeat("n", 500), "other version": "n2" + "." + "AA.AA"} {
		_, err = g.Receive(t.Context(), h.post(t, g, func(b *collector.Beacon) { b.Nonce = nonce }))
		assert.Equal(t, collector.NonceMalformed, refusal(t, err), name)
	}
	// By another key, and by the same key for another site.
	elsewhere := newGate(t, collector.NewMemory(nil), []byte(strings.Repeat("e", 32)))
	_, err = g.Receive(t.Context(), h.post(t, elsewhere, nil))
	assert.Equal(t, collector.NonceForged, refusal(t, err))
	zoo, err := collector.New(collector.NewMemory(nil), collector.Options{Site: "zoo", Keys: [][]byte{deviceKey}, Tokens: g.tokens})
	require.NoError(t, err)
	_, err = zoo.Receive(t.Context(), h.post(t, g, nil))
	assert.Equal(t, collector.NonceForged, refusal(t, err))

	g.now = start.Add(collector.NonceTTL)
	_, err = g.Receive(t.Context(), stale)
	assert.Equal(t, collector.NonceExpired, refusal(t, err))
	g.now = start.Add(-2 * time.Hour)
	_, err = g.Receive(t.Context(), stale)
	assert.Equal(t, collector.NonceFuture, refusal(t, err))

	rotated := newGate(t, collector.NewMemory(nil), []byte(strings.Repeat("n", 32)), deviceKey)
	_, err = rotated.Receive(t.Context(), stale)
	require.NoError(t, err, "the key before the rotation still verifies")
}

func TestProof(t *testing.T) {
	g := newGate(t, collector.NewMemory(nil))
	h := newHandset(t, g)
	stranger := newHandset(t, g)
	for name, change := range map[string]func(*collector.Post){
		"no signature":      func(p *collector.Post) { p.Proof = "" },
		"not base64":        func(p *collector.Post) { p.Proof = "%%" },
		"another length":    func(p *collector.Post) { p.Proof = p.Proof[:40] },
		"another's":         func(p *collector.Post) { p.Proof = sign(t, stranger.key, p.Body) },
		"of another beacon": func(p *collector.Post) { p.Body = []byte(strings.Replace(string(p.Body), `"cores":8`, `"cores":4`, 1)) },
		"not on the curve":  func(p *collector.Post) { p.Body = []byte(strings.Replace(string(p.Body), `"x":"`, `"x":"A`, 1)) },
		"signature, no key": func(p *collector.Post) {
			*p = func() collector.Post { q := h.post(t, g, func(b *collector.Beacon) { b.Key = nil }); return q }()
		},
		"zero for signature": func(p *collector.Post) { p.Proof = base64.RawURLEncoding.EncodeToString(make([]byte, 64)) },
	} {
		p := h.post(t, g, nil)
		change(&p)
		_, err := g.Receive(t.Context(), p)
		assert.Equal(t, collector.BadProof, refusal(t, err), name)
	}
	assert.True(t, h.send(t, g, nil).Proven)

	// The same token with another key, and with none: told, not refused, for
	// browsers lose keys, too.
	own := h.key
	h.key = stranger.key
	told := h.send(t, g, nil)
	assert.False(t, told.Proven)
	assert.True(t, told.KeyChanged)
	h.key = nil
	told = h.send(t, g, nil)
	assert.False(t, told.Proven)
	assert.True(t, told.KeyChanged)
	h.key = own
	told = h.send(t, g, nil)
	assert.True(t, told.Proven, "the first key holds")
	assert.False(t, told.KeyChanged)

	h.sealed = ""
	h.key = stranger.key
	assert.True(t, h.send(t, g, nil).KeyChanged, "the fleet remembers it where the device does not carry it")
	stranger.key = nil
	told = stranger.send(t, g, nil)
	assert.False(t, told.Proven || told.KeyChanged, "a device without WebCrypto")
}

// away is a store that does not answer.
type away struct{ collector.Store }

func (away) Burn(context.Context, string, time.Duration) (bool, error) {
	return false, errors.New("away")
}
func (away) Bind(context.Context, string, string) (string, error) { return "", errors.New("away") }
func (away) Families(context.Context, []string) ([]string, error) { return nil, errors.New("away") }
func (away) Found(context.Context, []string, string) error        { return errors.New("away") }

func TestBeaconsGoOnWhileTheFleetsMemoryIsAway(t *testing.T) {
	g := newGate(t, collector.NewFallback(away{}, collector.FallbackOptions{}))
	h := newHandset(t, g)
	p := h.post(t, g, nil)
	reply, err := g.Receive(t.Context(), p)
	require.NoError(t, err)
	assert.True(t, reply.Telemetry.Proven)
	assert.NotEmpty(t, reply.Telemetry.Family)
	_, err = g.Receive(t.Context(), p)
	assert.Equal(t, collector.Replayed, refusal(t, err), "once in each process")

	alone := newGate(t, away{})
	_, err = alone.Receive(t.Context(), h.post(t, g, nil))
	assert.Equal(t, collector.Failed, refusal(t, err), "and never without a memory")

	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = g.Receive(gone, h.post(t, g, nil))
	assert.Equal(t, collector.Failed, refusal(t, err))
}

func TestFamilySurvivesAChangedTrait(t *testing.T) {
	g := newGate(t, collector.NewMemory(nil))
	h := newHandset(t, g)
	family := h.send(t, g, nil).Family
	changes := map[string]func(*collector.Traits){
		"a browser update": func(c *collector.Traits) {
			c.Agent = strings.Replace(c.Agent, "Chrome/124", "Chrome/131", 1)
			c.Canvas, c.WebGL, c.Audio = "a1", "b1", "c1"
		},
		"a system update": func(c *collector.Traits) { c.Agent = strings.Replace(c.Agent, "Android 14", "Android 15", 1) },
		"another font":    func(c *collector.Traits) { c.Fonts = "ee" },
		"a journey":       func(c *collector.Traits) { c.Zone, c.Offset = "Europe/Berlin", 120 },
		"turned":          func(c *collector.Traits) { c.Screen.Width, c.Screen.Height = c.Screen.Height, c.Screen.Width },
		"another monitor": func(c *collector.Traits) {
			c.Screen = collector.Screen{Width: 2560, Height: 1440, Ratio: 1, TouchDots: 5}
		},
		"no WebGL any more": func(c *collector.Traits) { c.Renderer = "" },
	}
	for name, change := range changes {
		again := newHandset(t, g) // with another token: only the traits speak
		change(&again.traits)
		assert.Equal(t, family, again.send(t, g, nil).Family, name)
	}
	far := newHandset(t, g)
	changes["another font"](&far.traits)
	changes["a journey"](&far.traits)
	assert.NotEqual(t, family, far.send(t, g, nil).Family, "two changes at once are another device")

	changes["another font"](&h.traits)
	changes["a journey"](&h.traits)
	assert.Equal(t, family, h.send(t, g, nil).Family, "unless it carries what it was")

	// A chain, each link one change from the last, is not one family.
	var families []string
	link := newHandset(t, g)
	link.traits.Screen.Width = 412
	for _, name := range []string{"another font", "a browser update", "no WebGL any more"} {
		changes[name](&link.traits)
		link.sealed = ""
		families = append(families, link.send(t, g, nil).Family)
	}
	assert.NotContains(t, families, family)

	bare := newHandset(t, g)
	bare.traits = collector.Traits{Agent: bare.traits.Agent, Languages: []string{"zh-CN"}}
	assert.Empty(t, bare.send(t, g, nil).Family, "who tells too little is like everybody")
}

func TestEveryBeaconIsCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	g := newGate(t, collector.NewMemory(nil))
	s, err := collector.New(collector.NewMemory(nil), collector.Options{Site: "museum", Keys: [][]byte{deviceKey}, Tokens: g.tokens, Registerer: registry, Now: func() time.Time { return start }})
	require.NoError(t, err)
	h := newHandset(t, g)
	p := h.post(t, g, nil)
	for range 3 {
		_, _ = s.Receive(t.Context(), p)
	}
	_, _ = s.Receive(t.Context(), collector.Post{Body: []byte("{")})
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	assert.Equal(t, "fairgate_fingerprint_beacons_total", families[0].GetName())
	counted := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		counted[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
	}
	assert.Len(t, counted, len(collector.Results()), "each is there from the start")
	assert.Equal(t, []float64{1, 2, 1, 0}, []float64{
		counted[string(collector.Accepted)], counted[string(collector.Replayed)], counted[string(collector.Malformed)], counted[string(collector.BadProof)],
	})
}

func TestNewRefuses(t *testing.T) {
	tokens, err := fingerprint.NewTokens(deviceKey, fingerprint.TokenOptions{})
	require.NoError(t, err)
	for name, o := range map[string]collector.Options{
		"no key":    {Site: "museum", Tokens: tokens},
		"short key": {Site: "museum", Tokens: tokens, Keys: [][]byte{[]byte("short")}},
		"no tokens": {Site: "museum", Keys: [][]byte{deviceKey}},
		"no site":   {Tokens: tokens, Keys: [][]byte{deviceKey}},
	} {
		_, err := collector.New(collector.NewMemory(nil), o)
		require.Error(t, err, name)
	}
	_, err = collector.New(nil, collector.Options{Site: "museum", Tokens: tokens, Keys: [][]byte{deviceKey}})
	require.Error(t, err)
}
