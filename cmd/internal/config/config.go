// Package config is the one configuration of every role: a struct, its
// defaults, a strict YAML file, overrides from the environment, and a check
// that names every bad field at once.
//
// Secrets are never written in the file: a secret's value says where it is
// (file:PATH or env:NAME) and prints as [redacted].
package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"go.yaml.in/yaml/v3"

	"fairgate/console"
)

// Config is everything a process can be told.
type Config struct {
	// Site is the tenant whose keys are derived and whose events are tagged.
	Site string `yaml:"site" env:"SITE"`

	Log        Log        `yaml:"log" envPrefix:"LOG_"`
	Metrics    Metrics    `yaml:"metrics" envPrefix:"METRICS_"`
	Gateway    Gateway    `yaml:"gateway" envPrefix:"GATEWAY_"`
	Rules      Rules      `yaml:"rules" envPrefix:"RULES_"`
	Scorer     Scorer     `yaml:"scorer" envPrefix:"SCORER_"`
	Enforcer   Enforcer   `yaml:"enforcer" envPrefix:"ENFORCER_"`
	Ledger     Ledger     `yaml:"ledger" envPrefix:"LEDGER_"`
	Ticketing  Ticketing  `yaml:"ticketing" envPrefix:"TICKETING_"`
	Console    Console    `yaml:"console" envPrefix:"CONSOLE_"`
	Notify     Notify     `yaml:"notify" envPrefix:"NOTIFY_"`
	Redis      Redis      `yaml:"redis" envPrefix:"REDIS_"`
	Kafka      Kafka      `yaml:"kafka" envPrefix:"KAFKA_"`
	ClickHouse ClickHouse `yaml:"clickhouse" envPrefix:"CLICKHOUSE_"`
	SQL        SQL        `yaml:"sql" envPrefix:"SQL_"`
	Keys       Keys       `yaml:"keys" envPrefix:"KEYS_"`
}

// Log says how to log.
type Log struct {
	Level  string `yaml:"level" env:"LEVEL"`   // debug, info, warn or error
	Format string `yaml:"format" env:"FORMAT"` // text or json
}

// Metrics is the listener of /metrics, /healthz and /readyz of roles that
// have no other.
type Metrics struct {
	Listen string `yaml:"listen" env:"LISTEN"` // empty: none
}

// Gateway is the edge.
type Gateway struct {
	Listen   string        `yaml:"listen" env:"LISTEN"`
	Name     string        `yaml:"name" env:"NAME"` // of this instance
	Upstream string        `yaml:"upstream" env:"UPSTREAM"`
	Routes   string        `yaml:"routes" env:"ROUTES"` // file; empty: the table for Fairgate's own ticketing
	Deadline time.Duration `yaml:"deadline" env:"DEADLINE"`
	// TrustedProxies are the only peers whose X-Forwarded-For is read.
	TrustedProxies []string `yaml:"trusted_proxies" env:"TRUSTED_PROXIES"`
	// TLSHeader is the trusted proxy's header with the hash of the client's
	// TLS hello; empty: none.
	TLSHeader string `yaml:"tls_header" env:"TLS_HEADER"`
	// SecureCookies marks the device cookie Secure; off only without TLS.
	SecureCookies bool  `yaml:"secure_cookies" env:"SECURE_COOKIES"`
	GeoIP         GeoIP `yaml:"geoip" envPrefix:"GEOIP_"`
	Spool         Spool `yaml:"spool" envPrefix:"SPOOL_"`
	// VirtualNumbers are prefixes of virtual operators' phone numbers; without
	// any the ones built in hold.
	VirtualNumbers []string `yaml:"virtual_numbers" env:"VIRTUAL_NUMBERS"`
	// Fleet is how many gateways share the traffic; degraded counters are
	// scaled by it.
	Fleet int `yaml:"fleet" env:"FLEET"`
	// AppealHours is the answer time promised in a refusal.
	AppealHours int `yaml:"appeal_hours" env:"APPEAL_HOURS"`
	// ChallengeMax is the highest number the hardest proof of work may hide; the
	// mean work is half of it in SHA-256 hashes, and the easiest is a 27th.
	ChallengeMax int `yaml:"challenge_max" env:"CHALLENGE_MAX"`
	// StepUp offers a code by text message as the second grade of challenge.
	// The booking system at enforcer.booking_url sends it, and the gateway then
	// needs keys.enforcement.
	StepUp bool `yaml:"step_up" env:"STEP_UP"`
}

// GeoIP names the databases; an empty one is unknown to every event.
type GeoIP struct {
	ASN       string `yaml:"asn" env:"ASN"`
	Country   string `yaml:"country" env:"COUNTRY"`
	Anonymous string `yaml:"anonymous" env:"ANONYMOUS"`
	// HostingRanges and MobileRanges are files of networks, one a line, of
	// hosting and VPN providers and of mobile carriers; read anew when they
	// change.
	HostingRanges string `yaml:"hosting_ranges" env:"HOSTING_RANGES"`
	MobileRanges  string `yaml:"mobile_ranges" env:"MOBILE_RANGES"`
}

// Spool is the gateway's journal on disk.
type Spool struct {
	Dir      string `yaml:"dir" env:"DIR"`
	MaxBytes int64  `yaml:"max_bytes" env:"MAX_BYTES"`
}

// Rules says which rules are in force.
type Rules struct {
	Dir     string `yaml:"dir" env:"DIR"` // empty: the shipped rulesets
	Ruleset string `yaml:"ruleset" env:"RULESET"`
	// Observe is how long a rule is to be in shadow before it acts on anybody.
	Observe time.Duration `yaml:"observe" env:"OBSERVE"`
	// FalsePositiveBudget is the share of people that a version may block on
	// yesterday's traffic before its publication is objected to.
	FalsePositiveBudget float64 `yaml:"false_positive_budget" env:"FALSE_POSITIVE_BUDGET"`
}

// Scorer is the asynchronous pipeline.
type Scorer struct {
	Lateness time.Duration `yaml:"lateness" env:"LATENESS"`
}

// Enforcer acts on verdicts.
type Enforcer struct {
	BookingURL string      `yaml:"booking_url" env:"BOOKING_URL"` // internal API of the booking system
	Budget     BlockBudget `yaml:"block_budget" envPrefix:"BLOCK_BUDGET_"`
	// ErasureSettle is how long after the first time an erased account is looked
	// for again, when nothing of it is under way any more.
	ErasureSettle time.Duration `yaml:"erasure_settle" env:"ERASURE_SETTLE"`
	// HintsSettle is how long after its first new hint (a missed visit, how a
	// challenge ended) an account waits to be weighed for a label.
	HintsSettle time.Duration `yaml:"hints_settle" env:"HINTS_SETTLE"`
}

// BlockBudget is how many people a rule may block in an hour before it only
// challenges.
type BlockBudget struct {
	Share       float64 `yaml:"share" env:"SHARE"`               // of the people who are active
	Floor       int     `yaml:"floor" env:"FLOOR"`               // in any hour
	HistoryDays int     `yaml:"history_days" env:"HISTORY_DAYS"` // known for so long, unflagged: a person
}

// Ledger writes the analytics.
type Ledger struct {
	RetentionDays int `yaml:"retention_days" env:"RETENTION_DAYS"`
}

// Ticketing is the booking system.
type Ticketing struct {
	Listen string `yaml:"listen" env:"LISTEN"`
	// TerminalsListen is a listener on which terminals, and nobody else, are
	// answered, for the venue's network; empty: they use Listen.
	TerminalsListen string `yaml:"terminals_listen" env:"TERMINALS_LISTEN"`

	DSN         Secret `yaml:"dsn" env:"DSN"`
	OutcomesURL string `yaml:"outcomes_url" env:"OUTCOMES_URL"` // where the outbox is delivered
	// PasswordMemoryKiB and PasswordTime are argon2id's cost.
	PasswordMemoryKiB uint32 `yaml:"password_memory_kib" env:"PASSWORD_MEMORY_KIB"`
	PasswordTime      uint32 `yaml:"password_time" env:"PASSWORD_TIME"`
	// SMS is how codes reach phones: off, sandbox (an inbox that operations can
	// read, for trying out only) or aliyun.
	SMS    string `yaml:"sms" env:"SMS"`
	Aliyun Aliyun `yaml:"aliyun" envPrefix:"ALIYUN_"`
	WeChat WeChat `yaml:"wechat" envPrefix:"WECHAT_"`
	// RevealsPerHour bounds the persons that one operator may see in full.
	RevealsPerHour int       `yaml:"reveals_per_hour" env:"REVEALS_PER_HOUR"`
	Retention      Retention `yaml:"retention" envPrefix:"RETENTION_"`
	Limits         Limits    `yaml:"limits" envPrefix:"LIMITS_"`
}

// Limits say how many requests of a kind one account may send to ticketing in a
// minute; 0 is no limit. They are a second line behind the gateway's rules.
type Limits struct {
	Submit   int `yaml:"submit_per_minute" env:"SUBMIT_PER_MINUTE"` // bookings, of groups too
	Change   int `yaml:"change_per_minute" env:"CHANGE_PER_MINUTE"` // payments, confirmations, cancellations, other days
	Transfer int `yaml:"transfer_per_minute" env:"TRANSFER_PER_MINUTE"`
	Upload   int `yaml:"upload_per_minute" env:"UPLOAD_PER_MINUTE"` // lists of names
}

// Retention says for how many days ticketing keeps personal data.
type Retention struct {
	VisitDays   int `yaml:"visit_days" env:"VISIT_DAYS"`     // after the visit day, or after a cancel
	NoShowDays  int `yaml:"no_show_days" env:"NO_SHOW_DAYS"` // after a no-show, and never shorter than a pool's freeze
	RevealDays  int `yaml:"reveal_days" env:"REVEAL_DAYS"`   // of the audit of who saw personal data
	MessageDays int `yaml:"message_days" env:"MESSAGE_DAYS"` // after an unsent message became useless
}

// Aliyun is the account with Alibaba Cloud's message service.
type Aliyun struct {
	KeyID     string `yaml:"key_id" env:"KEY_ID"`
	KeySecret Secret `yaml:"key_secret" env:"KEY_SECRET"`
	SignName  string `yaml:"sign_name" env:"SIGN_NAME"`
	Template  string `yaml:"template" env:"TEMPLATE"` // with one parameter named code
	// Of notices: that of a withdrawal has one parameter named receipt, that of a
	// reinstatement none. Visitors are told only if both are given.
	WithdrawnTemplate  string `yaml:"withdrawn_template" env:"WITHDRAWN_TEMPLATE"`
	ReinstatedTemplate string `yaml:"reinstated_template" env:"REINSTATED_TEMPLATE"`
	// OperatorsTemplate tells operators over SMS channels, with one parameter
	// named notice. Without it such a channel's messages fail, and say so.
	OperatorsTemplate string `yaml:"operators_template" env:"OPERATORS_TEMPLATE"`
}

// WeChat names the apps registered with WeChat; without an id an app is off.
type WeChat struct {
	MiniProgramID     string `yaml:"mini_program_id" env:"MINI_PROGRAM_ID"`
	MiniProgramSecret Secret `yaml:"mini_program_secret" env:"MINI_PROGRAM_SECRET"`
	WebID             string `yaml:"web_id" env:"WEB_ID"`
	WebSecret         Secret `yaml:"web_secret" env:"WEB_SECRET"`
	RedirectURL       string `yaml:"redirect_url" env:"REDIRECT_URL"`
}

// Console is the operators' API.
type Console struct {
	Listen string `yaml:"listen" env:"LISTEN"`
	// URL is where operators reach it, for links in messages; empty: no links.
	URL string `yaml:"url" env:"URL"`
	// OutcomesListen takes the booking system's webhooks.
	OutcomesListen string `yaml:"outcomes_listen" env:"OUTCOMES_LISTEN"`
	// FirstPassword is the one-time password of the user admin, asked for only
	// while there is no operator at all.
	FirstPassword Secret `yaml:"first_password" env:"FIRST_PASSWORD"`
	// TrustedProxies are the only peers whose X-Forwarded-For and
	// X-Forwarded-Proto are read.
	TrustedProxies []string `yaml:"trusted_proxies" env:"TRUSTED_PROXIES"`
	// SessionLife is how long a sign-in lasts at most, SessionIdle how long
	// while nobody uses it.
	SessionLife time.Duration `yaml:"session_life" env:"SESSION_LIFE"`
	SessionIdle time.Duration `yaml:"session_idle" env:"SESSION_IDLE"`
	// RequireTOTP are the roles that can do nothing without a second factor.
	RequireTOTP []string `yaml:"require_totp" env:"REQUIRE_TOTP"`
	// SensitivePerHour is how often an operator may do each dangerous operation
	// (bulk decisions, exports, reveals).
	SensitivePerHour int `yaml:"sensitive_per_hour" env:"SENSITIVE_PER_HOUR"`
}

func (c Console) validate(check func(bool, string, string, ...any)) {
	check(hostPort(c.Listen), "console.listen", "%q is not host:port", c.Listen)
	check(hostPort(c.OutcomesListen), "console.outcomes_listen", "%q is not host:port", c.OutcomesListen)
	check(c.URL == "" || httpURL(c.URL), "console.url", "%q is not an http(s) URL", c.URL)
	for i, p := range c.TrustedProxies {
		check(cidr(p), fmt.Sprintf("console.trusted_proxies[%d]", i), "%q is no CIDR", p)
	}
	for i, r := range c.RequireTOTP {
		check(console.Role(r).Valid(), fmt.Sprintf("console.require_totp[%d]", i), "%q is none of %v", r, console.Roles())
	}
	check(c.SensitivePerHour >= 1 && c.SensitivePerHour <= 100_000, "console.sensitive_per_hour", "%d: 1 to 100000", c.SensitivePerHour)
	check(c.SessionLife >= time.Minute && c.SessionLife <= 7*24*time.Hour, "console.session_life", "%s: 1m to 168h", c.SessionLife)
	check(c.SessionIdle >= time.Minute && c.SessionIdle <= c.SessionLife, "console.session_idle", "%s: 1m to console.session_life (%s)", c.SessionIdle, c.SessionLife)
}

// Notify is how operators are told.
type Notify struct {
	// PrivateNetworks are the house's own networks (CIDR) that webhooks may lead
	// to, there also over plain http.
	PrivateNetworks []string `yaml:"private_networks" env:"PRIVATE_NETWORKS"`
	Mail            Mail     `yaml:"mail" envPrefix:"MAIL_"`
}

// Mail is the house's SMTP server.
type Mail struct {
	Host     string `yaml:"host" env:"HOST"` // empty: no e-mail
	Port     int    `yaml:"port" env:"PORT"`
	Security string `yaml:"security" env:"SECURITY"` // starttls, tls, or none for a server on this machine
	User     string `yaml:"user" env:"USER"`
	Password Secret `yaml:"password" env:"PASSWORD"`
	From     string `yaml:"from" env:"FROM"`
}

// Redis holds windows, marks and passes.
type Redis struct {
	Addrs    []string `yaml:"addrs" env:"ADDRS"` // several: Redis Cluster
	Username string   `yaml:"username" env:"USERNAME"`
	Password Secret   `yaml:"password" env:"PASSWORD"`
	TLS      bool     `yaml:"tls" env:"TLS"`
}

// Kafka holds the event log.
type Kafka struct {
	Brokers    []string `yaml:"brokers" env:"BROKERS"`
	Prefix     string   `yaml:"prefix" env:"PREFIX"` // of topic names
	Partitions int      `yaml:"partitions" env:"PARTITIONS"`
	// RetentionBytes bounds each partition.
	RetentionBytes int64 `yaml:"retention_bytes" env:"RETENTION_BYTES"`
	// Replication of new topics.
	Replication int `yaml:"replication" env:"REPLICATION"`
}

// ClickHouse holds the ledger; archive and metrics are two users.
type ClickHouse struct {
	Addr           string `yaml:"addr" env:"ADDR"` // host:port of the HTTP interface
	Database       string `yaml:"database" env:"DATABASE"`
	Writer         string `yaml:"writer" env:"WRITER"`
	WriterPassword Secret `yaml:"writer_password" env:"WRITER_PASSWORD"`
	Reader         string `yaml:"reader" env:"READER"`
	ReaderPassword Secret `yaml:"reader_password" env:"READER_PASSWORD"`
	TLS            bool   `yaml:"tls" env:"TLS"`
}

// SQL holds lists, cases, users and the audit log.
type SQL struct {
	DSN Secret `yaml:"dsn" env:"DSN"` // sqlite:PATH or postgres://…
}

// Keys are the secrets that roles share. Each is at least 32 bytes.
type Keys struct {
	// Gateway signs requests to the booking system; Previous is still accepted.
	Gateway         Secret `yaml:"gateway" env:"GATEWAY"`
	GatewayPrevious Secret `yaml:"gateway_previous" env:"GATEWAY_PREVIOUS"`
	// Device signs device tokens.
	Device         Secret `yaml:"device" env:"DEVICE"`
	DevicePrevious Secret `yaml:"device_previous" env:"DEVICE_PREVIOUS"`
	// Identity is the root of the keyed HMACs of documents and phones.
	Identity         Secret `yaml:"identity" env:"IDENTITY"`
	IdentityPrevious Secret `yaml:"identity_previous" env:"IDENTITY_PREVIOUS"`
	// Challenge signs challenges and passes.
	Challenge         Secret `yaml:"challenge" env:"CHALLENGE"`
	ChallengePrevious Secret `yaml:"challenge_previous" env:"CHALLENGE_PREVIOUS"`
	// Console seals what operators keep: addresses and tokens of channels, second
	// factors.
	Console         Secret `yaml:"console" env:"CONSOLE"`
	ConsolePrevious Secret `yaml:"console_previous" env:"CONSOLE_PREVIOUS"`
	// Receipt enciphers the receipts that refused visitors appeal with.
	Receipt         Secret `yaml:"receipt" env:"RECEIPT"`
	ReceiptPrevious Secret `yaml:"receipt_previous" env:"RECEIPT_PREVIOUS"`
	// Webhook signs the booking system's reports.
	Webhook Secret `yaml:"webhook" env:"WEBHOOK"`
	// Enforcement and Operations are the booking system's internal roles.
	Enforcement Secret `yaml:"enforcement" env:"ENFORCEMENT"`
	Operations  Secret `yaml:"operations" env:"OPERATIONS"`
	// Privacy is the internal role that sees personal data in full; without a
	// key nobody has it.
	Privacy Secret `yaml:"privacy" env:"PRIVACY"`
	// TicketingData encrypts documents and phones at rest, and the previous
	// ones still open what they sealed; TicketingLookup keys their HMAC.
	TicketingData         Secret   `yaml:"ticketing_data" env:"TICKETING_DATA"`
	TicketingDataPrevious []Secret `yaml:"ticketing_data_previous" env:"TICKETING_DATA_PREVIOUS"`
	TicketingLookup       Secret   `yaml:"ticketing_lookup" env:"TICKETING_LOOKUP"`
	// TicketingTickets is the Ed25519 seed (32 bytes, hex) that tickets are
	// signed with, and the previous ones still verify. Without it one derived
	// from Session signs, which the word session among the previous ones names.
	TicketingTickets         Secret   `yaml:"ticketing_tickets" env:"TICKETING_TICKETS"`
	TicketingTicketsPrevious []Secret `yaml:"ticketing_tickets_previous" env:"TICKETING_TICKETS_PREVIOUS"`
	// Session is the Ed25519 seed (32 bytes, hex) that ticketing signs session
	// tokens with; SessionPublic is its public half (hex), all the gateway gets.
	Session       Secret `yaml:"session" env:"SESSION"`
	SessionPublic Secret `yaml:"session_public" env:"SESSION_PUBLIC"`
}

// Default is the configuration of a single machine with its engines beside it.
func Default() Config {
	return Config{
		Site:    "museum",
		Log:     Log{Level: "info", Format: "json"},
		Metrics: Metrics{Listen: "127.0.0.1:9090"},
		Gateway: Gateway{
			Listen: "127.0.0.1:8080", Name: "gateway-1", Upstream: "http://127.0.0.1:8081",
			Deadline: 20 * time.Millisecond, SecureCookies: true,
			TrustedProxies: []string{}, VirtualNumbers: []string{}, Spool: Spool{Dir: "spool", MaxBytes: 4 << 30}, Fleet: 1, AppealHours: 24, ChallengeMax: 300_000,
		},
		Rules:    Rules{Ruleset: "museum", Observe: time.Hour, FalsePositiveBudget: 0.001},
		Scorer:   Scorer{Lateness: 10 * time.Minute},
		Enforcer: Enforcer{BookingURL: "http://127.0.0.1:8081", Budget: BlockBudget{Share: 0.005, Floor: 3, HistoryDays: 30}, ErasureSettle: time.Hour, HintsSettle: 30 * time.Minute},
		Ledger:   Ledger{RetentionDays: 190},
		Ticketing: Ticketing{
			Listen: "127.0.0.1:8081", DSN: "file:secrets/ticketing-dsn", OutcomesURL: "http://127.0.0.1:8091/outcomes",
			PasswordMemoryKiB: 19 << 10, PasswordTime: 2, SMS: "off",
			RevealsPerHour: 200, Retention: Retention{VisitDays: 190, NoShowDays: 190, RevealDays: 190, MessageDays: 1},
			Limits: Limits{Submit: 120, Change: 60, Transfer: 30, Upload: 12},
		},
		Console: Console{
			Listen: "127.0.0.1:8090", OutcomesListen: "127.0.0.1:8091", FirstPassword: "file:secrets/first-password",
			TrustedProxies: []string{}, SessionLife: 12 * time.Hour, SessionIdle: time.Hour,
			RequireTOTP: []string{}, SensitivePerHour: 60,
		},
		Notify:     Notify{PrivateNetworks: []string{}, Mail: Mail{Port: 587, Security: "starttls"}},
		Redis:      Redis{Addrs: []string{"127.0.0.1:6379"}},
		Kafka:      Kafka{Brokers: []string{"127.0.0.1:9092"}, Prefix: "fairgate.", Partitions: 12, RetentionBytes: 8 << 30, Replication: 1},
		ClickHouse: ClickHouse{Addr: "127.0.0.1:8123", Database: "fairgate", Writer: "fairgate_archive", Reader: "fairgate_metrics"},
		SQL:        SQL{DSN: "file:secrets/sql-dsn"},
		Keys: Keys{
			Gateway: "file:secrets/gateway", Device: "file:secrets/device", Identity: "file:secrets/identity",
			Challenge: "file:secrets/challenge", Console: "file:secrets/console", Receipt: "file:secrets/receipt", Webhook: "file:secrets/webhook", Enforcement: "file:secrets/enforcement",
			Operations: "file:secrets/operations", TicketingData: "file:secrets/ticketing-data",
			TicketingDataPrevious: []Secret{}, TicketingTicketsPrevious: []Secret{},
			TicketingLookup: "file:secrets/ticketing-lookup", Session: "file:secrets/session", SessionPublic: "file:secrets/session-public",
		},
	}
}

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// Load reads path over the defaults, then the environment (FAIRGATE_…) over
// both, and validates. Every error is reported at once.
func Load(path string) (Config, error) {
	c := Default()
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w", err)
		}
		if len(data) > maxFile {
			return c, fmt.Errorf("configuration %s: %d bytes, at most %d", path, len(data), maxFile)
		}
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil {
			return c, fmt.Errorf("configuration %s: %w", path, err)
		}
	}
	if err := env.ParseWithOptions(&c, env.Options{Prefix: "FAIRGATE_"}); err != nil {
		return c, fmt.Errorf("configuration from the environment: %w", err)
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

// Validate reports every field that cannot be right.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, field, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
		}
	}
	check(c.Site != "", "site", "is missing")
	check(oneOf(c.Log.Level, "debug", "info", "warn", "error"), "log.level", "%q is none of debug, info, warn, error", c.Log.Level)
	check(oneOf(c.Log.Format, "text", "json"), "log.format", "%q is neither text nor json", c.Log.Format)
	c.validateGateway(check)
	check(c.Rules.Ruleset != "", "rules.ruleset", "is missing")
	check(c.Rules.Observe > 0 && c.Rules.Observe <= 30*24*time.Hour, "rules.observe", "%s: from 1ns to 720h", c.Rules.Observe)
	check(c.Rules.FalsePositiveBudget > 0 && c.Rules.FalsePositiveBudget <= 1, "rules.false_positive_budget", "%v is not a share above 0, at most 1", c.Rules.FalsePositiveBudget)
	check(c.Scorer.Lateness >= 0, "scorer.lateness", "%s is negative", c.Scorer.Lateness)
	check(c.Ledger.RetentionDays >= 1, "ledger.retention_days", "%d: at least 1", c.Ledger.RetentionDays)
	check(len(c.Redis.Addrs) > 0, "redis.addrs", "is empty")
	check(len(c.Kafka.Brokers) > 0, "kafka.brokers", "is empty")
	check(c.Kafka.Partitions >= 1, "kafka.partitions", "%d: at least 1", c.Kafka.Partitions)
	check(c.Kafka.Replication >= 1, "kafka.replication", "%d: at least 1", c.Kafka.Replication)
	c.Ticketing.validate(check)
	c.Console.validate(check)
	for i, p := range c.Notify.PrivateNetworks {
		check(cidr(p), fmt.Sprintf("notify.private_networks[%d]", i), "%q is no CIDR", p)
	}
	for field, addr := range map[string]string{
		"ticketing.listen": c.Ticketing.Listen, "clickhouse.addr": c.ClickHouse.Addr,
	} {
		check(hostPort(addr), field, "%q is not host:port", addr)
	}
	check(c.Metrics.Listen == "" || hostPort(c.Metrics.Listen), "metrics.listen", "%q is not host:port", c.Metrics.Listen)
	budget := c.Enforcer.Budget
	check(budget.Share > 0 && budget.Share <= 1, "enforcer.block_budget.share", "%v is not a share above 0, at most 1", budget.Share)
	check(budget.Floor >= 1, "enforcer.block_budget.floor", "%d: at least 1", budget.Floor)
	check(budget.HistoryDays >= 1 && budget.HistoryDays <= c.Ledger.RetentionDays, "enforcer.block_budget.history_days",
		"%d: at least 1 and at most ledger.retention_days (%d)", budget.HistoryDays, c.Ledger.RetentionDays)
	check(c.Enforcer.ErasureSettle >= time.Second && c.Enforcer.ErasureSettle <= 30*24*time.Hour, "enforcer.erasure_settle",
		"%s: 1s to 720h", c.Enforcer.ErasureSettle)
	check(c.Enforcer.HintsSettle >= time.Second && c.Enforcer.HintsSettle <= 24*time.Hour, "enforcer.hints_settle",
		"%s: 1s to 24h", c.Enforcer.HintsSettle)
	check(httpURL(c.Enforcer.BookingURL), "enforcer.booking_url", "%q is not an http(s) URL", c.Enforcer.BookingURL)
	check(httpURL(c.Ticketing.OutcomesURL), "ticketing.outcomes_url", "%q is not an http(s) URL", c.Ticketing.OutcomesURL)
	return errors.Join(errs...)
}

func (c Config) validateGateway(check func(bool, string, string, ...any)) {
	g := c.Gateway
	check(hostPort(g.Listen), "gateway.listen", "%q is not host:port", g.Listen)
	check(g.Name != "", "gateway.name", "is missing")
	check(httpURL(g.Upstream), "gateway.upstream", "%q is not an http(s) URL", g.Upstream)
	check(g.Deadline > 0 && g.Deadline <= 5*time.Second, "gateway.deadline", "%s: above 0, at most 5s", g.Deadline)
	for i, p := range g.VirtualNumbers {
		check(len(p) >= 3 && len(p) <= 11 && p[0] == '1' && strings.Trim(p, "0123456789") == "", fmt.Sprintf("gateway.virtual_numbers[%d]", i), "%q is not the beginning of a mainland mobile number", p)
	}
	for i, p := range g.TrustedProxies {
		check(cidr(p), fmt.Sprintf("gateway.trusted_proxies[%d]", i), "%q is no CIDR", p)
	}
	check(g.Spool.Dir != "", "gateway.spool.dir", "is missing")
	check(g.Spool.MaxBytes >= 1<<20, "gateway.spool.max_bytes", "%d: at least 1 MiB", g.Spool.MaxBytes)
	check(g.Fleet >= 1, "gateway.fleet", "%d: at least 1", g.Fleet)
	check(g.AppealHours >= 1, "gateway.appeal_hours", "%d: at least 1", g.AppealHours)
	check(g.ChallengeMax >= 100 && g.ChallengeMax <= 500_000, "gateway.challenge_max", "%d: from 100 to 500,000", g.ChallengeMax)
}

func (t Ticketing) validate(check func(bool, string, string, ...any)) {
	check(t.TerminalsListen == "" || hostPort(t.TerminalsListen), "ticketing.terminals_listen", "%q is not host:port", t.TerminalsListen)
	check(oneOf(t.SMS, "off", "sandbox", "aliyun"), "ticketing.sms", "%q is none of off, sandbox, aliyun", t.SMS)
	check(t.RevealsPerHour >= 1, "ticketing.reveals_per_hour", "%d: at least 1", t.RevealsPerHour)
	for field, most := range map[string]int{
		"submit": t.Limits.Submit, "change": t.Limits.Change,
		"transfer": t.Limits.Transfer, "upload": t.Limits.Upload,
	} {
		check(most >= 0 && most <= 1_000_000, "ticketing.limits."+field+"_per_minute", "%d: 0 (no limit) to 1000000", most)
	}
	for field, days := range map[string]int{
		"visit_days": t.Retention.VisitDays, "no_show_days": t.Retention.NoShowDays,
		"reveal_days": t.Retention.RevealDays, "message_days": t.Retention.MessageDays,
	} {
		check(days >= 1 && days <= 3660, "ticketing.retention."+field, "%d: 1 to 3660", days)
	}
}
