package fingerprint

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest"
)

// Where a device token is looked for.
const (
	DeviceCookie = "fgd"            // browsers
	DeviceHeader = "X-Device-Token" // mini-programs, which have no cookies
)

// Bounds of what is kept of a header's value, in bytes.
const (
	maxAgent    = 512
	maxTLS      = 128
	maxLanguage = 35 // BCP 47 §4.4.1
)

// Identity is what a request showed of its sender.
type Identity struct {
	Client ingest.Client
	// Device is the verified token's content; zero where there was none.
	Device Device
	// NewToken is to be sent with the response where the request came without
	// a valid token; otherwise empty.
	NewToken string
	// Sealed is what the device carries of its last beacon; zero where it
	// carries nothing, or nothing of its own.
	Sealed Sealed
}

// Options adjusts a Reader; zero values trust nobody and know nothing.
type Options struct {
	Proxies *Proxies
	Geo     *Geo
	// TLSHeader names the header in which a trusted proxy passes a JA3 or JA4
	// hash; it is believed from no other peer. Empty: none.
	TLSHeader string
	// Automation are further tokens of tools, in lower case.
	Automation []string
	// VirtualNumbers are prefixes of virtual operators' phone numbers; nil means
	// DefaultVirtualNumbers.
	VirtualNumbers []string
	Registerer     prometheus.Registerer
}

// Reader reads a request's identity. It is safe for concurrent use.
type Reader struct {
	tokens   *Tokens
	proxies  *Proxies
	geo      *Geo
	tls      string
	extra    []string
	virtual  []string
	agents   *lru.Cache[string, spoken] // what is known of the usual ones
	rejected *prometheus.CounterVec
}

// rememberedAgents bounds the cache of user agents; the busiest sites see a few
// thousand in an hour.
const rememberedAgents = 4096

// New makes a Reader that issues and verifies device tokens with tokens.
func New(tokens *Tokens, o Options) (*Reader, error) {
	if tokens == nil {
		return nil, errors.New("new fingerprint reader: device tokens are missing")
	}
	if o.VirtualNumbers == nil {
		o.VirtualNumbers = DefaultVirtualNumbers()
	}
	if o.Proxies == nil {
		o.Proxies = &Proxies{}
	}
	agents, err := lru.New[string, spoken](rememberedAgents)
	if err != nil {
		return nil, fmt.Errorf("new fingerprint reader: %w", err)
	}
	r := &Reader{
		tokens: tokens, proxies: o.Proxies, geo: o.Geo, tls: o.TLSHeader, extra: o.Automation, virtual: o.VirtualNumbers, agents: agents,
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_fingerprint_rejected_total",
			Help: "Device tokens and forwarding headers that were not believed, by what and why.",
		}, []string{"what", "reason"}),
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(r.rejected)
	}
	return r, nil
}

// PhoneClass tells what a phone number's range says of it.
func (r *Reader) PhoneClass(number string) ingest.PhoneClass { return phoneClass(number, r.virtual) }

// MaxAge is how long a device token is believed, for the cookie that holds it.
func (r *Reader) MaxAge() int { return int(r.tokens.MaxAge().Seconds()) }

// TrustsPeer reports whether peer is a trusted proxy, whose other forwarding
// headers may be passed on.
func (r *Reader) TrustsPeer(peer netip.Addr) bool { return r.proxies.Trusts(peer.Unmap()) }

// Read tells who sent a request with these headers over a connection from
// peer. It keeps no reference to headers.
func (r *Reader) Read(peer netip.Addr, headers []Header) Identity {
	var id Identity
	id.Client = r.client(peer, headers)
	id.Device, id.NewToken = r.device(headers)
	id.Sealed = r.telemetry(id.Device, headers)
	return id
}

func (r *Reader) client(peer netip.Addr, headers []Header) ingest.Client {
	var room [2]string
	addr, origin := r.proxies.Resolve(peer, appendValues(room[:0], headers, "X-Forwarded-For"))
	if origin == OriginForged || origin == OriginMalformed {
		r.rejected.WithLabelValues("forwarded_for", string(origin)).Inc()
	}
	c := ingest.Client{IP: addr, Subnet: Subnet(addr)}
	loc := r.geo.Lookup(addr)
	c.ASN, c.ASOrg, c.Country, c.Hosting, c.Mobile = loc.ASN, loc.Org, loc.Country, loc.Hosting, loc.Mobile
	c.UserAgent = clip(First(headers, "User-Agent"), maxAgent)
	speaks := r.speaks(c.UserAgent)
	c.Automation = speaks.automation
	c.Headers = HeaderOrder(headers, r.tls)
	c.Language = language(First(headers, "Accept-Language"))
	if r.tls != "" {
		switch hash := First(headers, r.tls); {
		case hash == "":
		case r.TrustsPeer(peer):
			c.TLS = clip(hash, maxTLS)
		default:
			r.rejected.WithLabelValues("tls_hash", string(OriginForged)).Inc()
		}
	}
	c.Mismatch = speaks.said.mismatches(headers, c.TLS)
	return c
}

// spoken is what is known of a user agent by itself.
type spoken struct {
	automation bool
	said       software
}

// speaks looks sixty tokens up in an agent only where it is a new one.
func (r *Reader) speaks(agent string) spoken {
	if known, ok := r.agents.Get(agent); ok {
		return known
	}
	known := spoken{Automation(agent, r.extra), softwareOf(agent)}
	// Cloned, for agent may be a part of the request's whole header section.
	r.agents.Add(strings.Clone(agent), known)
	return known
}

// device verifies the token of the header or, where there is none, of the
// cookie. Without a valid one it issues a new one.
func (r *Reader) device(headers []Header) (Device, string) {
	var flags byte
	token := First(headers, DeviceHeader)
	if token == "" {
		token, _ = Cookie(headers, DeviceCookie)
	} else {
		flags = FlagMiniProgram
	}
	if token != "" {
		device, err := r.tokens.Verify(token)
		if err == nil {
			return device, ""
		}
		r.rejected.WithLabelValues("device_token", tokenReason(err)).Inc()
	}
	issued, _ := r.tokens.Issue(flags)
	return Device{}, issued
}

// telemetry opens what the device carries of its last beacon. Without a device
// token there is nobody whose it could be.
func (r *Reader) telemetry(device Device, headers []Header) Sealed {
	if device.ID == "" {
		return Sealed{}
	}
	text := First(headers, TelemetryHeader)
	if text == "" {
		text, _ = Cookie(headers, TelemetryCookie)
	}
	if text == "" {
		return Sealed{}
	}
	sealed, ok := r.tokens.Open(device.ID, text)
	if !ok {
		r.rejected.WithLabelValues("telemetry", "unbelieved").Inc()
	}
	return sealed
}

func tokenReason(err error) string {
	switch {
	case errors.Is(err, ErrTokenForged):
		return "forged"
	case errors.Is(err, ErrTokenExpired):
		return "expired"
	case errors.Is(err, ErrTokenFuture):
		return "future"
	default:
		return "malformed"
	}
}

// clip bounds a value and makes it valid UTF-8, for the event is JSON.
func clip(value string, limit int) string {
	if len(value) > limit {
		value = value[:limit]
	}
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	return value
}

// language is the first tag of an Accept-Language header, in lower case, or
// empty where that is no tag.
func language(accept string) string {
	tag, _, _ := strings.Cut(accept, ",")
	tag, _, _ = strings.Cut(tag, ";")
	tag = strings.ToLower(strings.TrimSpace(tag))
	if len(tag) > maxLanguage {
		return ""
	}
	for _, c := range []byte(tag) {
		if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return ""
		}
	}
	return tag
}
