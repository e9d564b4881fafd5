package replay

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// Record is one request of the past.
type Record struct {
	Event ingest.Event
	// Label is what the file says about who sent it, or empty.
	Label string
	Line  int // where it stands in the file, from 1
}

const (
	maxText = 256
	maxPath = 2048
)

// errUnmatched says that no kind applies to a row.
var errUnmatched = errors.New("no kind matches")

// builder turns rows into records. A row is the text of each field.
type builder struct {
	mapping *Mapping
	kinds   []kindRule
	columns map[string]int // of the names that kinds ask for
	fields  [fieldCount]int
	opts    Options
}

// record builds the record of a row; raw is the line it was read from.
func (b *builder) record(row []string, raw []byte, line int) (Record, error) {
	get := func(f field) string {
		if at := b.fields[f]; at >= 0 && at < len(row) {
			return strings.TrimSpace(row[at])
		}
		return ""
	}
	var r Record
	e := &r.Event
	at, err := b.mapping.Columns.Time.parse(get(fieldTime))
	if err != nil {
		return r, fmt.Errorf("time: %w", err)
	}
	e.Time, e.Site, e.Gateway, e.Boot = at, b.mapping.Site, "replay", "replay"
	if b.opts.Site != "" {
		e.Site = b.opts.Site
	}
	if err := b.request(e, get); err != nil {
		return r, err
	}
	if err := b.actors(e, get); err != nil {
		return r, err
	}
	if err := b.kind(e, row); err != nil {
		return r, err
	}
	r.Label, r.Line = clean(get(fieldLabel)), line
	e.ID = eventID(at, line, e.Site, raw)
	if b.opts.Enrich != nil {
		b.opts.Enrich(e)
	}
	return r, e.Validate()
}

func (b *builder) request(e *ingest.Event, get func(field) string) error {
	e.Method = strings.ToUpper(get(fieldMethod))
	if len(e.Method) > 16 {
		return fmt.Errorf("method %q is too long", clip(e.Method))
	}
	if target := get(fieldPath); target != "" {
		p, err := cleanPath(target)
		if err != nil {
			return err
		}
		e.Path = p
	}
	e.Outcome.Disposition = ingest.DispositionForwarded
	if text := get(fieldStatus); text != "" && text != "-" {
		status, err := strconv.Atoi(text)
		if err != nil || status < 100 || status > 599 {
			return fmt.Errorf("status %q is not between 100 and 599", clip(text))
		}
		e.Outcome.Status = status
	}
	return nil
}

func (b *builder) actors(e *ingest.Event, get func(field) string) error {
	if text := get(fieldIP); text != "" && text != "-" {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("ip %q is no address", clip(text))
		}
		e.Client.IP = ip.Unmap().WithZone("")
		e.Client.Subnet = fingerprint.Subnet(e.Client.IP)
	}
	e.Client.UserAgent = clean(get(fieldUserAgent))
	e.Client.Automation = fingerprint.Automation(e.Client.UserAgent, nil)
	s := &e.Subject
	s.Session, s.Account, s.Device = clean(get(fieldSession)), clean(get(fieldAccount)), clean(get(fieldDevice))
	e.Order.ID, e.Order.Pool, e.Order.Day = clean(get(fieldOrder)), clean(get(fieldPool)), clean(get(fieldDay))
	for _, d := range []struct {
		to   *string
		from Origin
	}{{&s.Session, b.mapping.SessionFrom}, {&s.Device, b.mapping.DeviceFrom}, {&s.Account, b.mapping.AccountFrom}} {
		if *d.to == "" {
			*d.to = d.from.of(e)
		}
	}
	return nil
}

// kind applies the first rule of the mapping that matches, then the caller's
// routes.
func (b *builder) kind(e *ingest.Event, row []string) error {
	for i := range b.kinds {
		rule := &b.kinds[i]
		values, ok := rule.match(e, func(column string) string {
			if at := b.columns[column]; at < len(row) {
				return strings.TrimSpace(row[at])
			}
			return ""
		})
		if !ok {
			continue
		}
		e.Kind, e.Route = rule.kind, rule.name
		rule.keys(e, values)
		return nil
	}
	if b.opts.Route != nil {
		if name, kind, ok := b.opts.Route(e.Method, e.Path); ok {
			e.Kind, e.Route = kind, name
			return nil
		}
	}
	return fmt.Errorf("%w: %s %q", errUnmatched, e.Method, clip(e.Path))
}

// cleanPath drops scheme, host and query (which may hold personal data),
// collapses "//" and resolves dots.
func cleanPath(target string) (string, error) {
	if len(target) > maxPath*4 {
		return "", fmt.Errorf("path has %d bytes, at most %d", len(target), maxPath*4)
	}
	target, _, _ = strings.Cut(target, "?")
	target, _, _ = strings.Cut(target, "#")
	if !strings.HasPrefix(target, "/") {
		u, err := url.Parse(target)
		if err != nil || u.Host == "" {
			return "", fmt.Errorf("path %q does not start with \"/\"", clip(target))
		}
		target = "/" + strings.TrimPrefix(u.EscapedPath(), "/")
	}
	p := path.Clean(target)
	if strings.HasSuffix(target, "/") && p != "/" {
		p += "/"
	}
	return strings.Clone(strings.ToValidUTF8(p[:min(len(p), maxPath)], "\uFFFD")), nil
}

// clean bounds a text and keeps it valid UTF-8.
func clean(s string) string {
	if s == "-" {
		return ""
	}
	return strings.Clone(strings.ToValidUTF8(s[:min(len(s), maxText)], "\uFFFD"))
}

// clip bounds a foreign text that goes into an error.
func clip(s string) string { return s[:min(len(s), 64)] }

// eventID is a UUIDv8 (RFC 9562, section 5.8) that sorts like the file within
// a millisecond: 48 bits of Unix milliseconds, 42 bits of the line number, 32
// bits of a hash of the site and the line's bytes.
func eventID(at time.Time, line int, site string, raw []byte) string {
	var u uuid.UUID
	h := sha256.New()
	h.Write([]byte(site + "\x00"))
	h.Write(raw)
	n := uint64(line) //nolint:gosec // counted from 1
	binary.BigEndian.PutUint64(u[0:], uint64(at.UnixMilli())<<16|n>>30&0xfff)
	binary.BigEndian.PutUint32(u[8:], uint32(n&0x3fffffff))
	copy(u[12:], h.Sum(nil))
	u[6] = u[6]&0x0f | 0x80 // version 8
	u[8] = u[8]&0x3f | 0x80 // variant of RFC 9562
	return u.String()
}

// TimeFormat says how a column writes a moment.
type TimeFormat string

// Formats of moments.
const (
	TimeUnixSeconds TimeFormat = "unix_seconds" // decimals allowed
	TimeUnixMillis  TimeFormat = "unix_ms"
	TimeRFC3339     TimeFormat = "rfc3339"
	TimeApache      TimeFormat = "apache" // 02/Jan/2006:15:04:05 -0700
)

// Valid reports whether f is a known format.
func (f TimeFormat) Valid() bool {
	switch f {
	case TimeUnixSeconds, TimeUnixMillis, TimeRFC3339, TimeApache:
		return true
	default:
		return false
	}
}

const apacheLayout = "02/Jan/2006:15:04:05 -0700"

// earliest and latest moment that a record may have: what fits a UUID's 48
// bits, and RFC 3339's four digits of a year.
const (
	minMillis = 0
	maxMillis = 253402300799999
)

func (c TimeColumn) parse(s string) (time.Time, error) {
	var t time.Time
	switch c.Format {
	case TimeUnixSeconds, TimeUnixMillis:
		n, err := strconv.ParseFloat(s, 64)
		if c.Format == TimeUnixSeconds {
			n *= 1000
		}
		if err != nil || !(n >= minMillis && n <= maxMillis) {
			return t, fmt.Errorf("%q is no Unix time (%s)", clip(s), c.Format)
		}
		return time.UnixMilli(int64(math.Round(n))).UTC(), nil
	case TimeApache:
		s = strings.Trim(s, "[]")
		var err error
		if t, err = time.Parse(apacheLayout, s); err != nil {
			return t, fmt.Errorf("%q is not like %q", clip(s), apacheLayout)
		}
	default:
		var err error
		if t, err = time.Parse(time.RFC3339Nano, s); err != nil {
			return t, fmt.Errorf("%q is not RFC 3339", clip(s))
		}
	}
	if ms := t.UnixMilli(); ms < minMillis || ms > maxMillis {
		return t, fmt.Errorf("%q is out of range", clip(s))
	}
	return t.UTC().Truncate(time.Millisecond), nil
}
