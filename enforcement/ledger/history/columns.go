package history

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"fairgate/ingest"
)

// column is one column of the events table on its way into events.
type column struct {
	expression string
	data       proto.ColResult
	// fields are the words of the rule language that look at it; none: it is
	// always read.
	fields []string
	// prepare, if any, is called once a block before fill.
	prepare func()
	// fill writes the decoded rows from a row on into as many events.
	fill func(events []ingest.Event, from int)
}

// tableau is a set of columns that one answer is decoded with. It is not safe
// for concurrent use.
type tableau struct {
	columns []column
	ids     *proto.ColStr
}

// needed says whether anything looks at a field of the rule language.
type needed = func(field string) bool

// newTableau takes the columns that are always read and those needed.
func newTableau(need needed) *tableau {
	t := &tableau{ids: new(proto.ColStr)}
	texts := interner{}
	known := []column{
		text("id", t.ids, func(e *ingest.Event) *string { return &e.ID }),
		moment("time", func(e *ingest.Event) *time.Time { return &e.Time }),
		low(texts, "site", func(e *ingest.Event) *string { return &e.Site }),
		low(texts, "kind", func(e *ingest.Event) *string { return (*string)(&e.Kind) }),
		text("account", nil, func(e *ingest.Event) *string { return &e.Subject.Account }),
		// What the quality figures ask of a booking.
		low(texts, "disposition", func(e *ingest.Event) *string { return (*string)(&e.Outcome.Disposition) }),
		number("toUInt32(status)", func(e *ingest.Event, v uint32) { e.Outcome.Status = int(v) }),
		low(texts, "action", func(e *ingest.Event) *string { return (*string)(&e.Decision.Action) }),
		// Whom an action can stand for, so that it can be followed.
		text("session", nil, func(e *ingest.Event) *string { return &e.Subject.Session }),
		text("device", nil, func(e *ingest.Event) *string { return &e.Subject.Device }),
	}
	for _, c := range append(known, optional(texts)...) {
		if len(c.fields) == 0 || slices.ContainsFunc(c.fields, need) {
			t.columns = append(t.columns, c)
		}
	}
	return t
}

// optional are the columns that only some rulesets look at.
func optional(texts interner) []column {
	return []column{
		low(texts, "route", func(e *ingest.Event) *string { return &e.Route }, "route"),
		low(texts, "method", func(e *ingest.Event) *string { return &e.Method }, "method"),
		text("path", nil, func(e *ingest.Event) *string { return &e.Path }, "path"),
		text("claimed", nil, func(e *ingest.Event) *string { return &e.Subject.Claimed }, "claimed"),
		moment("device_issued", func(e *ingest.Event) *time.Time { return &e.Subject.DeviceIssued }, "device_age"),
		flag("device_fresh", func(e *ingest.Event) *bool { return &e.Subject.DeviceFresh }, "device_fresh"),
		documents(),
		text("phone", nil, func(e *ingest.Event) *string { return &e.Subject.Phone }, "phone"),
		address(),
		text("subnet", nil, func(e *ingest.Event) *string { return &e.Client.Subnet }, "subnet"),
		number("asn", func(e *ingest.Event, v uint32) { e.Client.ASN = v }, "asn"),
		low(texts, "as_org", func(e *ingest.Event) *string { return &e.Client.ASOrg }, "as_org"),
		low(texts, "country", func(e *ingest.Event) *string { return &e.Client.Country }, "country"),
		flag("hosting", func(e *ingest.Event) *bool { return &e.Client.Hosting }, "hosting"),
		text("user_agent", nil, func(e *ingest.Event) *string { return &e.Client.UserAgent }, "user_agent", "agent"),
		flag("automation", func(e *ingest.Event) *bool { return &e.Client.Automation }, "automation"),
		text("headers", nil, func(e *ingest.Event) *string { return &e.Client.Headers }, "headers"),
		text("tls", nil, func(e *ingest.Event) *string { return &e.Client.TLS }, "tls"),
		low(texts, "language", func(e *ingest.Event) *string { return &e.Client.Language }, "language"),
		low(texts, "phone_class", func(e *ingest.Event) *string { return (*string)(&e.Subject.PhoneClass) }, "phone_class", "virtual_number"),
		flag("mobile", func(e *ingest.Event) *bool { return &e.Client.Mobile }, "mobile_carrier"),
		words("mismatch", func(e *ingest.Event, list []string) { e.Client.Mismatch = list }, "ua_consistent", "ua_mismatch"),
		low(texts, "source", func(e *ingest.Event) *string { return (*string)(&e.Telemetry.Source) }, "collector"),
		low(texts, "beacon_refused", func(e *ingest.Event) *string { return &e.Telemetry.Refused }, "beacon_refused"),
		moment("beacon_at", func(e *ingest.Event) *time.Time { return &e.Telemetry.At }, "collector_age"),
		text("family", nil, func(e *ingest.Event) *string { return &e.Telemetry.Family }, "family"),
		text("imprint", nil, func(e *ingest.Event) *string { return &e.Telemetry.Print }, "imprint"),
		words("traces", func(e *ingest.Event, list []string) {
			for _, t := range list {
				e.Telemetry.Traces = append(e.Telemetry.Traces, ingest.Trace(t))
			}
		}, "traces"),
		number("moves", func(e *ingest.Event, v uint32) { e.Telemetry.Moves = int(v) }, "pointer"),
		number("toUInt32(round(pointer * 10000))", func(e *ingest.Event, v uint32) { e.Telemetry.Pointer = float64(v) / 10000 }, "pointer"),
		number("keys", func(e *ingest.Event, v uint32) { e.Telemetry.Keys = int(v) }, "key_"),
		number("key_gap", func(e *ingest.Event, v uint32) { e.Telemetry.KeyGap = int(v) }, "key_gap"),
		number("key_spread", func(e *ingest.Event, v uint32) { e.Telemetry.KeySpread = int(v) }, "key_spread"),
		number("pastes", func(e *ingest.Event, v uint32) { e.Telemetry.Pastes = int(v) }, "pastes"),
		flag("key_proven", func(e *ingest.Event) *bool { return &e.Telemetry.Proven }, "key_proven"),
		flag("key_changed", func(e *ingest.Event) *bool { return &e.Telemetry.KeyChanged }, "key_changed"),
		low(texts, "proof", func(e *ingest.Event) *string { return (*string)(&e.Proof) }, "order_proof"),
		number("reinterpretAsUInt32(skew)", func(e *ingest.Event, v uint32) { e.Telemetry.Skew = int(int32(v)) }, "clock_skew"), //nolint:gosec // as it was written
		text("order_id", nil, func(e *ingest.Event) *string { return &e.Order.ID }, "has_order", "order"),
		low(texts, "pool", func(e *ingest.Event) *string { return &e.Order.Pool }, "pool"),
		low(texts, "day", func(e *ingest.Event) *string { return &e.Order.Day }, "day"),
		number("positions", func(e *ingest.Event, v uint32) { e.Order.Positions = int(v) }, "positions"),
		low(texts, "channel", func(e *ingest.Event) *string { return &e.Order.Channel }, "channel"),
		text("phone_block", nil, func(e *ingest.Event) *string { return &e.Subject.PhoneBlock }, "phone_block"),
		text("payee", nil, func(e *ingest.Event) *string { return &e.Subject.Payee }, "payee"),
		number("pass_solve", func(e *ingest.Event, v uint32) { e.Pass.Solve = int(v) }, "pass_"),
		number("pass_gap", func(e *ingest.Event, v uint32) { e.Pass.Gap = int(v) }, "pass_gap"),
		flag("pass_moved", func(e *ingest.Event) *bool { return &e.Pass.Moved }, "pass_moved"),
		low(texts, "order_state", func(e *ingest.Event) *string { return &e.Outcome.OrderState }, "order_state"),
		low(texts, "code", func(e *ingest.Event) *string { return &e.Outcome.Code }, "outcome_code"),
	}
}

// list is the select list.
func (t *tableau) list() string {
	out := make([]string, len(t.columns))
	for i := range t.columns {
		out[i] = t.columns[i].expression
	}
	return strings.Join(out, ", ")
}

// results are what a block is decoded into.
func (t *tableau) results() proto.Results {
	out := make(proto.Results, len(t.columns))
	for i := range t.columns {
		out[i] = proto.ResultColumn{Data: t.columns[i].data}
	}
	return out
}

// text reads a String column: the rows' strings share one block of memory, so
// whoever keeps one for long clones it.
func text(name string, data *proto.ColStr, at func(*ingest.Event) *string, fields ...string) column {
	if data == nil {
		data = new(proto.ColStr)
	}
	var all string
	return column{expression: name, data: data, fields: fields, prepare: func() { all = string(data.Buf) }, fill: func(events []ingest.Event, from int) {
		for i := range events {
			p := data.Pos[from+i]
			*at(&events[i]) = all[p.Start:p.End]
		}
	}}
}

// low reads a LowCardinality(String) column, each different text kept once.
func low(texts interner, name string, at func(*ingest.Event) *string, fields ...string) column {
	data := proto.NewLowCardinality[string](&dictionary{known: texts})
	return column{expression: name, data: data, fields: fields, fill: func(events []ingest.Event, from int) {
		for i := range events {
			*at(&events[i]) = data.Values[from+i]
		}
	}}
}

// moment reads a DateTime64(3) column; ClickHouse's zero is no time.
func moment(name string, at func(*ingest.Event) *time.Time, fields ...string) column {
	data := new(proto.ColInt64)
	return column{expression: "toUnixTimestamp64Milli(" + name + ")", data: data, fields: fields, fill: func(events []ingest.Event, from int) {
		for i := range events {
			if ms := (*data)[from+i]; ms != 0 {
				*at(&events[i]) = time.UnixMilli(ms).UTC()
			}
		}
	}}
}

func number(expression string, set func(*ingest.Event, uint32), fields ...string) column {
	data := new(proto.ColUInt32)
	return column{expression: expression, data: data, fields: fields, fill: func(events []ingest.Event, from int) {
		for i := range events {
			set(&events[i], (*data)[from+i])
		}
	}}
}

func flag(name string, at func(*ingest.Event) *bool, fields ...string) column {
	data := new(proto.ColBool)
	return column{expression: name, data: data, fields: fields, fill: func(events []ingest.Event, from int) {
		for i := range events {
			*at(&events[i]) = (*data)[from+i]
		}
	}}
}

func documents() column {
	return array("documents", func(e *ingest.Event, list []string) { e.Subject.Documents = list }, "document")
}

// words reads an Array(LowCardinality(String)) column.
func words(name string, set func(*ingest.Event, []string), fields ...string) column {
	return array("CAST("+name+" AS Array(String))", set, fields...)
}

// array reads an Array(String) column; an empty one is left out.
func array(expression string, set func(*ingest.Event, []string), fields ...string) column {
	texts := new(proto.ColStr)
	data := proto.NewArray[string](texts)
	var lists []string
	prepare := func() {
		all := string(texts.Buf)
		lists = make([]string, len(texts.Pos))
		for i, p := range texts.Pos {
			lists[i] = all[p.Start:p.End]
		}
	}
	return column{expression: expression, data: data, fields: fields, prepare: prepare, fill: func(events []ingest.Event, from int) {
		start := 0
		if from > 0 {
			start = int(data.Offsets[from-1]) //nolint:gosec // an index into lists, which the decoder made of these offsets
		}
		for i := range events {
			end := int(data.Offsets[from+i]) //nolint:gosec // likewise
			if end > start {
				set(&events[i], lists[start:end:end])
			}
			start = end
		}
	}}
}

// address reads the text form; one that cannot be read is none.
func address() column {
	texts := new(proto.ColStr)
	return column{expression: "ip", data: texts, fields: []string{"ip"}, fill: func(events []ingest.Event, from int) {
		for i := range events {
			p := texts.Pos[from+i]
			if p.End > p.Start {
				events[i].Client.IP, _ = netip.ParseAddr(string(texts.Buf[p.Start:p.End]))
			}
		}
	}}
}

// interner keeps one copy of each text of low cardinality. Columns are
// declared LowCardinality because their texts are few; should one ever not be,
// it begins anew.
type interner map[string]string

const maxInterned = 1 << 16

func (t interner) text(b []byte) string {
	if known, ok := t[string(b)]; ok {
		return known
	}
	if len(t) >= maxInterned {
		clear(t)
	}
	s := string(b)
	t[s] = s
	return s
}

// dictionary is the index of a LowCardinality column, with interned rows.
type dictionary struct {
	proto.ColStr
	known interner
	rows  []string
}

// DecodeColumn reads the index and interns it.
func (d *dictionary) DecodeColumn(r *proto.Reader, rows int) error {
	d.Reset()
	if err := d.ColStr.DecodeColumn(r, rows); err != nil {
		return err
	}
	d.rows = d.rows[:0]
	for _, p := range d.Pos {
		d.rows = append(d.rows, d.known.text(d.Buf[p.Start:p.End]))
	}
	return nil
}

// Row gives an interned text.
func (d *dictionary) Row(i int) string { return d.rows[i] }
