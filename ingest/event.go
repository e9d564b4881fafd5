package ingest

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Event is one request as the gateway saw it. It is written once by the
// gateway (or by ingest/replay from a log), completed by the response, and
// read by everybody downstream. It carries no raw document or phone number:
// those are keyed HMACs (lower-case hex) from the moment it exists.
//
// An Event is not safe for concurrent mutation; once published it is
// immutable.
type Event struct {
	// ID is a UUIDv7 in canonical form. It makes every delivery idempotent.
	ID string `json:"id"`
	// Time is the gateway's receipt time, UTC, millisecond precision. All
	// windows and expiries are judged against it, never against the clock.
	Time time.Time `json:"time"`
	// Site is the tenant; one gateway serves one or several.
	Site string `json:"site"`
	// Gateway, Boot and Seq name the writer: instance name, start-up id, and a
	// number that grows by one per event within a boot, so that a gap in the
	// ledger counts what was lost.
	Gateway string `json:"gateway"`
	Boot    string `json:"boot"`
	Seq     uint64 `json:"seq"`

	Kind   Kind   `json:"kind"`
	Route  string `json:"route"`
	Method string `json:"method"`
	Path   string `json:"path"` // canonical, without the query

	Subject Subject `json:"subject"`
	Client  Client  `json:"client"`
	Order   Order   `json:"order,omitzero"`
	// Pass is what the challenge pass that the request carried tells.
	Pass Pass `json:"pass,omitzero"`
	// Proof is what the device's signature over this request is worth. What it is
	// known by, so that it is good once, is not recorded.
	Proof      Proof  `json:"proof,omitempty"`
	ProofNonce string `json:"-"`
	// Telemetry is what the collector told about the device.
	Telemetry Telemetry `json:"telemetry,omitzero"`

	Decision Decision `json:"decision,omitzero"`
	Outcome  Outcome  `json:"outcome,omitzero"`
}

// Subject is who acts, as far as it was proved, and with which keys.
type Subject struct {
	// Account is set only from a verified token or a learned session binding.
	Account string `json:"account,omitempty"`
	// Claimed is an account name merely typed into the request (sign-in form).
	// It may feed features and is never an action's target.
	Claimed string `json:"claimed,omitempty"`
	// Session is a keyed HMAC of the session token.
	Session string `json:"session,omitempty"`
	// Device is the id inside a verified device token.
	Device string `json:"device,omitempty"`
	// DeviceIssued is when that token was made; zero where there is none.
	DeviceIssued time.Time `json:"device_issued,omitzero"`
	// DeviceFresh says that the request came without a valid token and one was
	// issued with its response.
	DeviceFresh bool `json:"device_fresh,omitempty"`
	// Documents and Phone are keyed HMACs.
	Documents []string `json:"documents,omitempty"`
	Phone     string   `json:"phone,omitempty"`
	// PhoneClass is what its number range tells; the number itself stays in the
	// gateway's memory.
	PhoneClass PhoneClass `json:"phone_class,omitempty"`
	// PhoneBlock is a keyed HMAC of the block of ten thousand that a virtual
	// operator's number is in, in which such numbers are sold.
	PhoneBlock string `json:"phone_block,omitempty"`
	// Payee is a keyed HMAC of who pays: a card or wallet, where the route
	// names it.
	Payee string `json:"payee,omitempty"`
	// Cluster names the group of linked accounts that the account is known to
	// belong to, or in what it does with orders the one that it would begin, of
	// size 1; empty where none is known. The gateway never sets it, nor what
	// is known about that group: how many accounts it has, how many of them
	// came in the last 24 hours, how many were confirmed as scalpers.
	Cluster          string `json:"cluster,omitempty"`
	ClusterSize      int    `json:"cluster_size,omitempty"`
	ClusterGrowth    int    `json:"cluster_growth,omitempty"`
	ClusterConfirmed int    `json:"cluster_confirmed,omitempty"`
}

// PhoneClass is what the range of a phone number tells.
type PhoneClass string

// Classes of phone numbers; empty: none, or not known.
const (
	PhoneMobile  PhoneClass = "mobile"  // of a mainland carrier
	PhoneVirtual PhoneClass = "virtual" // of a mainland virtual operator
	PhoneForeign PhoneClass = "foreign"
)

// Client is where the request came from and what spoke.
type Client struct {
	IP         netip.Addr `json:"ip,omitzero"`
	Subnet     string     `json:"subnet,omitempty"` // /24 or /48
	ASN        uint32     `json:"asn,omitempty"`    // 0: unknown
	ASOrg      string     `json:"as_org,omitempty"`
	Country    string     `json:"country,omitempty"` // ISO 3166-1 alpha-2, "" unknown
	Hosting    bool       `json:"hosting,omitempty"`
	Mobile     bool       `json:"mobile,omitempty"` // a mobile carrier's network: many people behind one address
	UserAgent  string     `json:"user_agent,omitempty"`
	Automation bool       `json:"automation,omitempty"` // the agent names itself a tool or a crawler
	Headers    string     `json:"headers,omitempty"`    // hash of the order of header names
	TLS        string     `json:"tls,omitempty"`        // JA3/JA4-like hash from a trusted proxy
	Language   string     `json:"language,omitempty"`   // first of Accept-Language
	// Mismatch names what contradicts the user agent: hints, platform, mobile,
	// headers, tls. Empty where nothing does, or nothing can be compared.
	Mismatch []string `json:"mismatch,omitempty"`
}

// Order is the part of a booking that screening and joining need.
type Order struct {
	ID        string `json:"id,omitempty"`
	Pool      string `json:"pool,omitempty"`
	Day       string `json:"day,omitempty"` // YYYY-MM-DD in the venue's zone
	Positions int    `json:"positions,omitempty"`
	// Channel is through whom the booking system sold it; only its reports say
	// so. Empty: one of the visitors' own ways.
	Channel string `json:"channel,omitempty"`
}

// Pass is how a challenge was met, as the pass that came with a request tells.
// It is zero where there was none, or none that was good for the request.
type Pass struct {
	// Solve is how long the challenge took from its issue to its answer, in
	// milliseconds, at least 1; Gap from then to the request that used the pass.
	Solve int `json:"solve,omitempty"`
	Gap   int `json:"gap,omitempty"`
	// Moved says that it was answered from another subnet than it was used
	// from.
	Moved bool `json:"moved,omitempty"`
}

// Disposition says how far a request got.
type Disposition string

// Dispositions of a request.
const (
	// DispositionRefused: Fairgate answered itself (challenge or block).
	DispositionRefused Disposition = "refused"
	// DispositionForwarded: the upstream answered.
	DispositionForwarded Disposition = "forwarded"
	// DispositionFailed: it was forwarded and no answer came; what the
	// upstream did is unknown until an outcome tells.
	DispositionFailed Disposition = "failed"
	// DispositionUnknown: the gateway ended between intent and answer.
	DispositionUnknown Disposition = "unknown"
)

// Outcome is what became of the request. It is zero in an intent.
type Outcome struct {
	Disposition Disposition `json:"disposition,omitempty"`
	Status      int         `json:"status,omitempty"` // HTTP status given to the visitor
	// OrderState is the state field the route names, as the upstream wrote it.
	OrderState string `json:"order_state,omitempty"`
	// Code is the machine-readable refusal of the upstream, where the route
	// names a field for it (sold_out, duplicate_document, …).
	Code string `json:"code,omitempty"`
	// Latency is the whole time in the gateway; Screening the part of it that
	// screening took. Both in nanoseconds on the wire.
	Latency   time.Duration `json:"latency,omitempty"`
	Screening time.Duration `json:"screening,omitempty"`
}

// Accepted reports that the upstream took the request (2xx).
func (o Outcome) Accepted() bool {
	return o.Disposition == DispositionForwarded && o.Status >= 200 && o.Status < 300
}

// ErrInvalidEvent is wrapped by every error of Event.Validate.
var ErrInvalidEvent = errors.New("invalid event")

// Validate reports every field that no writer could have produced.
func (e *Event) Validate() error {
	var errs []error
	bad := func(field, why string) { errs = append(errs, fmt.Errorf("%w: %s %s", ErrInvalidEvent, field, why)) }
	if e.ID == "" || len(e.ID) > 64 {
		bad("id", "must have 1 to 64 characters")
	}
	if e.Time.IsZero() {
		bad("time", "is missing")
	}
	if !e.Kind.Valid() {
		bad("kind", fmt.Sprintf("%q is unknown", e.Kind))
	}
	if len(e.Subject.Documents) > MaxDocuments {
		bad("subject.documents", fmt.Sprintf("has %d entries, at most %d", len(e.Subject.Documents), MaxDocuments))
	}
	if e.Decision.Action != "" && !e.Decision.Action.Valid() {
		bad("decision.action", fmt.Sprintf("%q is unknown", e.Decision.Action))
	}
	return errors.Join(errs...)
}

// MaxDocuments is how many document keys of one request are kept; a request
// with more is refused by the edge. It is the largest group that a booking
// system takes in one order.
const MaxDocuments = 500
