package replay

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"fairgate/ingest"
)

// Format is the kind of file.
type Format string

// Formats.
const (
	// FormatCombined is the combined log format of nginx and Apache; the
	// common format and further fields at the end are read too.
	FormatCombined Format = "combined"
	// FormatCSV is RFC 4180 with every record on one line.
	FormatCSV Format = "csv"
)

// Valid reports whether f is a known format.
func (f Format) Valid() bool { return f == FormatCombined || f == FormatCSV }

// Origin says where a subject's key is taken from when its own column has
// none.
type Origin string

// Origins.
const (
	FromNothing Origin = ""
	FromSession Origin = "session"
	FromAccount Origin = "account"
	FromDevice  Origin = "device"
	FromIP      Origin = "ip"
	FromClient  Origin = "client" // address and user agent together
)

// Valid reports whether o is a known origin.
func (o Origin) Valid() bool {
	switch o {
	case FromNothing, FromSession, FromAccount, FromDevice, FromIP, FromClient:
		return true
	default:
		return false
	}
}

func (o Origin) of(e *ingest.Event) string {
	switch o {
	case FromSession:
		return e.Subject.Session
	case FromAccount:
		return e.Subject.Account
	case FromDevice:
		return e.Subject.Device
	case FromIP, FromClient:
		if !e.Client.IP.IsValid() {
			return ""
		}
		if o == FromIP {
			return e.Client.IP.String()
		}
		return digest(e.Client.IP.String() + "\x00" + e.Client.UserAgent)
	default:
		return ""
	}
}

// Mapping says how the columns of a file make an event. It is written in
// YAML; unknown keys are refused.
type Mapping struct {
	Format    Format   `yaml:"format"`    // default csv
	Site      string   `yaml:"site"`      // of every event
	Delimiter string   `yaml:"delimiter"` // one character; default ","
	Header    []string `yaml:"header"`    // column names of a file that has none
	Columns   Columns  `yaml:"columns"`

	AccountFrom Origin `yaml:"account_from"`
	DeviceFrom  Origin `yaml:"device_from"`
	SessionFrom Origin `yaml:"session_from"`

	// Kinds are tried in order; the first that matches names the event's
	// kind. A row that none matches is passed over and counted.
	Kinds []KindRule `yaml:"kinds"`
}

// Columns name the column of each field; an empty name means that the file
// has none. Log formats bring names of their own: ip, user, time, method,
// path, status, bytes, referer, user_agent.
type Columns struct {
	Time      TimeColumn `yaml:"time"`
	Session   string     `yaml:"session"`
	Account   string     `yaml:"account"`
	Device    string     `yaml:"device"`
	IP        string     `yaml:"ip"`
	UserAgent string     `yaml:"user_agent"`
	Method    string     `yaml:"method"`
	Path      string     `yaml:"path"`
	Status    string     `yaml:"status"`
	Order     string     `yaml:"order"`
	Pool      string     `yaml:"pool"`
	Day       string     `yaml:"day"`
	Label     string     `yaml:"label"`
}

// TimeColumn is where and how the moment of a request is written.
type TimeColumn struct {
	Column string     `yaml:"column"`
	Format TimeFormat `yaml:"format"`
}

// KindRule gives a kind to the rows that meet all of its conditions; without
// any it takes every row.
type KindRule struct {
	Where *Where `yaml:"where"`
	// Method and Path are as in the gateway's route table: literal segments
	// and {parameters}, of which pool, day or date, and order or order_id
	// fill the event's order.
	Method string `yaml:"method"`
	Path   string `yaml:"path"`
	// PathPrefix is for what no pattern describes, such as /static/.
	PathPrefix string      `yaml:"path_prefix"`
	Kind       ingest.Kind `yaml:"kind"`
}

// Where compares a column.
type Where struct {
	Column string `yaml:"column"`
	Equals string `yaml:"equals"`
}

// ErrMapping is wrapped by every error about a mapping.
var ErrMapping = errors.New("invalid column mapping")

// DefaultMapping reads combined logs: the remote user is the account, address
// and user agent make the session, what is read is a page, and what is
// written is passed over unless Options.Route knows it.
func DefaultMapping() *Mapping {
	m := &Mapping{
		Format: FormatCombined, SessionFrom: FromClient,
		Columns: Columns{Account: "user"},
	}
	m.complete()
	return m
}

// LoadMapping reads a mapping from YAML. The error, an ErrMapping, names
// every fault at once.
func LoadMapping(b []byte) (*Mapping, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrMapping)
	}
	m := &Mapping{}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMapping, err)
	}
	if m.Format == "" {
		m.Format = FormatCSV
	}
	m.complete()
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// complete fills in what a log format already knows.
func (m *Mapping) complete() {
	if m.Format != FormatCombined {
		return
	}
	m.Columns.Time = TimeColumn{Column: "time", Format: TimeApache}
	for column, name := range map[*string]string{
		&m.Columns.IP: "ip", &m.Columns.Method: "method", &m.Columns.Path: "path",
		&m.Columns.Status: "status", &m.Columns.UserAgent: "user_agent",
	} {
		if *column == "" {
			*column = name
		}
	}
}

// Validate reports every fault that shows without the file.
func (m *Mapping) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrMapping}, args...)...))
	}
	if !m.Format.Valid() {
		bad("format %q is unknown", m.Format)
	}
	if r, n := utf8.DecodeRuneInString(m.Delimiter); m.Delimiter != "" && (n != len(m.Delimiter) || n != 1 || slices.Contains([]rune("\"\r\n"), r)) {
		bad("delimiter %q is not one plain character", m.Delimiter)
	}
	if m.Columns.Time.Column == "" {
		bad("columns.time.column is missing")
	}
	if !m.Columns.Time.Format.Valid() {
		bad("columns.time.format %q is unknown", m.Columns.Time.Format)
	}
	for _, o := range []struct {
		name string
		from Origin
	}{{"account_from", m.AccountFrom}, {"device_from", m.DeviceFrom}, {"session_from", m.SessionFrom}} {
		if !o.from.Valid() {
			bad("%s %q is unknown", o.name, o.from)
		}
	}
	for i, k := range m.Kinds {
		if !k.Kind.Valid() {
			bad("kinds[%d].kind %q is unknown", i, k.Kind)
		}
		if k.Where != nil && k.Where.Column == "" {
			bad("kinds[%d].where.column is missing", i)
		}
		if k.Path != "" && k.PathPrefix != "" {
			bad("kinds[%d]: path and path_prefix exclude each other", i)
		}
		if _, err := parsePattern(k.Path); err != nil {
			bad("kinds[%d].path: %v", i, err)
		}
	}
	return errors.Join(errs...)
}
