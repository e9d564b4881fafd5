package outcome

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// TimeFormat says how a column writes a moment.
type TimeFormat string

// Formats of moments.
const (
	TimeRFC3339     TimeFormat = "rfc3339"
	TimeUnixSeconds TimeFormat = "unix_seconds"
	TimeUnixMillis  TimeFormat = "unix_ms"
	// TimeLocal is "2006-01-02 15:04:05" in the mapping's zone.
	TimeLocal TimeFormat = "local"
)

// Valid reports whether f is a known format.
func (f TimeFormat) Valid() bool {
	return slices.Contains([]TimeFormat{TimeRFC3339, TimeUnixSeconds, TimeUnixMillis, TimeLocal}, f)
}

// Mapping says which column of a CSV file holds which field of a Record. Each
// value is a column's name in the header line; OrderID, OccurredAt and either
// Type or FixedType are needed.
type Mapping struct {
	ID         string `yaml:"id"` // absent: made from type, order and time
	Type       string `yaml:"type"`
	OccurredAt string `yaml:"occurred_at"`
	OrderID    string `yaml:"order_id"`
	AccountID  string `yaml:"account_id"`
	Pool       string `yaml:"pool"`
	Date       string `yaml:"date"`
	State      string `yaml:"state"`
	Positions  string `yaml:"positions"`

	TimeFormat TimeFormat `yaml:"time_format"` // default rfc3339
	Zone       string     `yaml:"zone"`        // IANA name for "local"; default UTC
	// Types translates the words of the file, such as "已入园", to Types; a
	// word that is not in it must be a Type itself.
	Types     map[string]Type `yaml:"types"`
	FixedType Type            `yaml:"fixed_type"` // of every row
}

// RowError is what was wrong with one line of a file.
type RowError struct {
	Line int
	Err  error
}

// Error names the line.
func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what was wrong.
func (e *RowError) Unwrap() error { return e.Err }

// csvIDs is the namespace of the ids made for rows that have none.
var csvIDs = uuid.NewSHA1(uuid.NameSpaceURL, []byte("fairgate:ingest/outcome/csv"))

// ReadCSV reads records from a CSV file with a header line. A faulty row
// yields a *RowError and reading goes on; any other error ends it. The same
// file gives the same ids, so that importing it twice is harmless.
func ReadCSV(r io.Reader, m Mapping) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		in := csv.NewReader(r)
		in.FieldsPerRecord = -1
		in.ReuseRecord = true
		header, err := in.Read()
		if err != nil {
			yield(Record{}, fmt.Errorf("read CSV header: %w", err))
			return
		}
		rows, err := m.compile(header)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for {
			row, err := in.Read()
			var broken *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.As(err, &broken):
				if !yield(Record{}, &RowError{Line: broken.Line, Err: broken.Err}) {
					return
				}
				continue
			case err != nil:
				yield(Record{}, fmt.Errorf("read CSV: %w", err))
				return
			}
			line, _ := in.FieldPos(0)
			rec, err := rows.record(row)
			if err != nil {
				rec, err = Record{}, &RowError{Line: line, Err: err}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// rowReader is a Mapping resolved against a header.
type rowReader struct {
	Mapping
	zone    *time.Location
	columns map[string]int
}

func (m Mapping) compile(header []string) (*rowReader, error) {
	r := &rowReader{Mapping: m, zone: time.UTC, columns: map[string]int{}}
	if r.TimeFormat == "" {
		r.TimeFormat = TimeRFC3339
	}
	names := make([]string, len(header))
	for i, h := range header {
		names[i] = strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))
	}
	var errs []error
	for _, f := range []struct{ field, column string }{
		{"id", m.ID},
		{"type", m.Type},
		{"occurred_at", m.OccurredAt},
		{"order_id", m.OrderID},
		{"account_id", m.AccountID},
		{"pool", m.Pool},
		{"date", m.Date},
		{"state", m.State},
		{"positions", m.Positions},
	} {
		if f.column == "" {
			if f.field == "occurred_at" || f.field == "order_id" || f.field == "type" && m.FixedType == "" {
				errs = append(errs, fmt.Errorf("mapping: %s names no column", f.field))
			}
			continue
		}
		at := slices.Index(names, f.column)
		if at < 0 {
			errs = append(errs, fmt.Errorf("mapping: %s: the file has no column %q", f.field, f.column))
			continue
		}
		r.columns[f.field] = at
	}
	if !r.TimeFormat.Valid() {
		errs = append(errs, fmt.Errorf("mapping: time_format %q is unknown", m.TimeFormat))
	}
	if m.FixedType != "" && !m.FixedType.Valid() {
		errs = append(errs, fmt.Errorf("mapping: fixed_type %q is unknown", m.FixedType))
	}
	for word, t := range m.Types {
		if !t.Valid() {
			errs = append(errs, fmt.Errorf("mapping: types: %q stands for unknown type %q", word, t))
		}
	}
	if m.Zone != "" {
		zone, err := time.LoadLocation(m.Zone)
		if err != nil {
			errs = append(errs, fmt.Errorf("mapping: zone: %w", err))
		}
		r.zone = zone
	}
	return r, errors.Join(errs...)
}

func (r *rowReader) record(row []string) (Record, error) {
	get := func(field string) string {
		at, ok := r.columns[field]
		if !ok || at >= len(row) {
			return ""
		}
		return strings.Clone(strings.TrimSpace(row[at]))
	}
	rec := Record{
		ID: get("id"), Type: r.FixedType, OrderID: get("order_id"), AccountID: get("account_id"),
		Pool: get("pool"), Date: get("date"), State: get("state"),
	}
	if rec.Type == "" {
		word := get("type")
		rec.Type = Type(word)
		if t, ok := r.Types[word]; ok {
			rec.Type = t
		}
	}
	var err error
	if rec.OccurredAt, err = r.moment(get("occurred_at")); err != nil {
		return rec, fmt.Errorf("%w: occurred_at: %w", ErrInvalid, err)
	}
	if n := get("positions"); n != "" {
		if rec.Positions, err = strconv.Atoi(n); err != nil {
			return rec, fmt.Errorf("%w: positions %q is no number", ErrInvalid, clip(n))
		}
	}
	if rec.ID == "" {
		name := string(rec.Type) + "\x00" + rec.OrderID + "\x00" + rec.OccurredAt.Format(time.RFC3339Nano)
		rec.ID = uuid.NewSHA1(csvIDs, []byte(name)).String()
	}
	return rec, rec.Validate()
}

func (r *rowReader) moment(s string) (time.Time, error) {
	switch r.TimeFormat {
	case TimeUnixSeconds, TimeUnixMillis:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || n < 0 || n > 1e15 {
			return time.Time{}, fmt.Errorf("%q is no Unix time", clip(s))
		}
		if r.TimeFormat == TimeUnixSeconds {
			n *= 1000
		}
		return time.UnixMilli(int64(n)).UTC(), nil
	case TimeLocal:
		t, err := time.ParseInLocation(time.DateTime, s, r.zone)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is not like %q", clip(s), time.DateTime)
		}
		return t.UTC(), nil
	default:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is not RFC 3339", clip(s))
		}
		return t.UTC(), nil
	}
}
