package archive

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"fairgate/enforcement/ledger"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

// table is how records of one kind become rows.
type table struct {
	kind    ledger.Kind
	columns string // separated by blanks, in the order of row
	row     func(ledger.Record) []any
}

// insert is the statement that takes the rows.
func (t table) insert() string {
	return "INSERT INTO " + string(t.kind) + " (" + strings.Join(strings.Fields(t.columns), ", ") + ")"
}

// tableOf returns a valid kind's table.
func tableOf(kind ledger.Kind) table {
	switch kind {
	case ledger.KindEvent:
		return table{kind, eventColumns, eventRow}
	case ledger.KindVerdict:
		return table{kind, verdictColumns, verdictRow}
	case ledger.KindAction:
		return table{kind, "id time site kind entity key order_id rule ruleset event_id actor detail", actionRow}
	case ledger.KindOutcome:
		return table{kind, "id type occurred_at site order_id account pool day state positions request_id channel", outcomeRow}
	default:
		return table{ledger.KindLabel, "id time site account value source actor reason operator visit_day inclusion week", labelRow}
	}
}

const eventColumns = `id time site gateway boot seq kind route method path
	account claimed session device device_issued device_fresh documents phone phone_class phone_block payee
	ip subnet asn as_org country hosting user_agent automation headers tls language mobile mismatch
	source beacon_refused beacon_at family imprint traces moves pointer keys key_gap key_spread pastes key_proven key_changed skew proof
	order_id pool day positions channel
	action observed reason receipt ruleset rules hits score snapshot_names snapshot_values degraded passed pass_solve pass_gap pass_moved
	disposition status order_state code latency screening completeness`

func eventRow(r ledger.Record) []any {
	e := r.Event
	s, c, t, d, o := e.Subject, e.Client, e.Telemetry, e.Decision, e.Outcome
	return []any{
		e.ID, e.Time.UTC(), e.Site, e.Gateway, e.Boot, e.Seq, string(e.Kind), e.Route, e.Method, e.Path,
		s.Account, s.Claimed, s.Session, s.Device, moment(s.DeviceIssued), s.DeviceFresh, list(s.Documents), s.Phone, string(s.PhoneClass), s.PhoneBlock, s.Payee,
		address(c.IP), c.Subnet, c.ASN, c.ASOrg, c.Country, c.Hosting, c.UserAgent, c.Automation, c.Headers, c.TLS, c.Language, c.Mobile, list(c.Mismatch),
		string(t.Source), t.Refused, moment(t.At), t.Family, t.Print, traces(t.Traces), count(t.Moves), t.Pointer,
		count(t.Keys), count(t.KeyGap), count(t.KeySpread), count(t.Pastes), t.Proven, t.KeyChanged, int32(t.Skew), string(e.Proof), //nolint:gosec // within a day
		e.Order.ID, e.Order.Pool, e.Order.Day, count(e.Order.Positions), e.Order.Channel,
		string(d.Action), string(d.Observed), string(d.Reason), d.Receipt, d.Ruleset, fired(d.Hits, false), hits(d.Hits), d.Score,
		list(d.Snapshot.Names), values(d.Snapshot.Values), d.Degraded, d.Passed, count(e.Pass.Solve), count(e.Pass.Gap), e.Pass.Moved,
		string(o.Disposition), status(o.Status), o.OrderState, o.Code, int64(o.Latency), int64(o.Screening), completeness(o),
	}
}

// completeness orders the deliveries of one event: the completed one replaces
// the bare intent, whichever comes last.
func completeness(o ingest.Outcome) uint8 {
	switch o.Disposition {
	case ingest.DispositionRefused, ingest.DispositionForwarded:
		return 2
	case ingest.DispositionFailed:
		return 1
	default:
		return 0
	}
}

const verdictColumns = `event_id stage time site kind account device order_id pool day
	observe action decision receipt score rules shadow_rules hits ruleset snapshot_names snapshot_values`

func verdictRow(r ledger.Record) []any {
	v := r.Verdict
	return []any{
		v.EventID, string(v.Stage), v.Time.UTC(), v.Site, string(v.Kind), v.Subject.Account, v.Subject.Device,
		v.Order.ID, v.Order.Pool, v.Order.Day,
		v.Observe, string(v.Action), string(v.Decision), v.Receipt, v.Score, fired(v.Hits, false), fired(v.Hits, true), hits(v.Hits),
		v.Ruleset, list(v.Snapshot.Names), values(v.Snapshot.Values),
	}
}

func actionRow(r ledger.Record) []any {
	a := r.Action
	return []any{
		a.ID, a.Time.UTC(), a.Site, string(a.Kind), string(a.Target.Entity), a.Target.Key, a.Order,
		a.Rule, a.Ruleset, a.EventID, a.Actor, a.Detail,
	}
}

func outcomeRow(r ledger.Record) []any {
	o := r.Outcome
	return []any{
		o.ID, string(o.Type), o.OccurredAt.UTC(), o.Site, o.OrderID, o.AccountID, o.Pool, o.Date,
		stateAfter(*o), count(o.Positions), o.RequestID, o.Channel,
	}
}

// stateAfter is the order's state after a report: as the report says, or else
// as its type tells.
func stateAfter(o outcome.Record) string {
	if o.State != "" {
		return o.State
	}
	if o.Type == outcome.HoldExpired {
		return "expired"
	}
	return strings.TrimPrefix(string(o.Type), "order.")
}

func labelRow(r ledger.Record) []any {
	l := r.Label
	return []any{
		l.ID, l.Time.UTC(), l.Site, l.Account, string(l.Value), string(l.Source), l.Actor, l.Reason, l.Operator, moment(date(l.VisitDay)),
		l.Inclusion, moment(date(l.Week)),
	}
}

// moment writes a missing time as ClickHouse's zero.
func moment(t time.Time) time.Time {
	if !ledger.Storable(t) {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

// date is the calendar day of a moment in the moment's own zone.
func date(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().String()
}

func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func traces(found []ingest.Trace) []string {
	names := make([]string, len(found))
	for i, t := range found {
		names[i] = string(t)
	}
	return names
}

func values(numbers []float64) []float64 {
	if numbers == nil {
		return []float64{}
	}
	return numbers
}

// fired names the rules of the hits that may act, or of those in shadow.
func fired(all []ingest.Hit, shadow bool) []string {
	names := []string{}
	for _, h := range all {
		if h.Shadow == shadow {
			names = append(names, h.Rule)
		}
	}
	return names
}

// hits writes the hits whole, as JSON, for showing them as evidence.
func hits(all []ingest.Hit) string {
	if len(all) == 0 {
		return ""
	}
	data, err := json.Marshal(all)
	if err != nil { // a score that is no number
		return ""
	}
	return string(data)
}

func count(n int) uint32 {
	return uint32(min(max(n, 0), 1<<31-1))
}

func status(code int) uint16 {
	return uint16(min(max(code, 0), 999))
}
