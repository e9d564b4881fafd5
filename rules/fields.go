package rules

import (
	"net/netip"
	"strconv"
	"time"

	"fairgate/ingest"
)

// Type is the type of an expression's value.
type Type string

// Types of event fields. Every number is a float64; features are numbers.
const (
	TypeText   Type = "text"
	TypeNumber Type = "number"
	TypeBool   Type = "bool"
)

// EventField is a name that expressions can use for something the event says.
type EventField struct {
	Name        string
	Type        Type
	Description string
	// AfterResponse says that the field is known only when the response is:
	// in-line rules and in-line features may not use it.
	AfterResponse bool

	text   func(*Evaluator) string
	number func(*Evaluator) float64
	truth  func(*Evaluator) bool
	// set makes an event say v, for cases and lint. v has the field's type.
	set func(e *ingest.Event, v any, loc *time.Location)
}

// Fields lists every event field, in the order in which cases set them. This
// list is the reference of the language's vocabulary; features add to it.
func Fields() []EventField {
	out := requestFields()
	out = append(out, timeFields()...)
	out = append(out, subjectFields()...)
	out = append(out, clientFields()...)
	out = append(out, networkFields()...)
	out = append(out, telemetryFields()...)
	out = append(out, passFields()...)
	out = append(out, orderFields()...)
	return append(out, responseFields()...)
}

func requestFields() []EventField {
	return []EventField{
		textField("kind", "What the request asks for: order.submit, stock.read, …",
			func(e *ingest.Event) *string { return (*string)(&e.Kind) }),
		textField("site", "The tenant.", func(e *ingest.Event) *string { return &e.Site }),
		textField("route", "Name of the route in the route table.", func(e *ingest.Event) *string { return &e.Route }),
		textField("method", "HTTP method.", func(e *ingest.Event) *string { return &e.Method }),
		textField("path", "Canonical path without the query.", func(e *ingest.Event) *string { return &e.Path }),
		{
			Name: "degraded", Type: TypeBool,
			Description: "Whether counters may lack what has happened, because the shared ones are or were away: a missing value means nothing then.",
			truth:       func(ev *Evaluator) bool { return ev.degraded || ev.e.Decision.Degraded },
			set:         func(e *ingest.Event, v any, _ *time.Location) { e.Decision.Degraded = v.(bool) },
		},
	}
}

func timeFields() []EventField {
	return []EventField{
		numberField("hour", "Hour of receipt in the venue's time zone, 0 to 23.",
			func(ev *Evaluator) float64 { return float64(ev.local().Hour()) },
			func(e *ingest.Event, v float64, loc *time.Location) {
				t := e.Time.In(loc)
				e.Time = time.Date(t.Year(), t.Month(), t.Day(), int(v), t.Minute(), t.Second(), 0, loc).UTC()
			}),
		numberField("minute", "Minute of receipt, 0 to 59.",
			func(ev *Evaluator) float64 { return float64(ev.local().Minute()) },
			func(e *ingest.Event, v float64, loc *time.Location) {
				t := e.Time.In(loc)
				e.Time = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), int(v), t.Second(), 0, loc).UTC()
			}),
		numberField("second", "Second of receipt with its fraction, 0 to 59.999.",
			func(ev *Evaluator) float64 {
				return float64(ev.e.Time.Second()) + float64(ev.e.Time.Nanosecond()/int(time.Millisecond))/1000
			},
			func(e *ingest.Event, v float64, _ *time.Location) {
				e.Time = e.Time.Truncate(time.Minute).Add(time.Duration(v * float64(time.Second)))
			}),
		numberField("weekday", "Day of the week in the venue's time zone, Monday 1 to Sunday 7.",
			func(ev *Evaluator) float64 { return float64((int(ev.local().Weekday())+6)%7 + 1) },
			func(e *ingest.Event, v float64, loc *time.Location) {
				t := e.Time.In(loc)
				e.Time = e.Time.AddDate(0, 0, int(v)-((int(t.Weekday())+6)%7+1))
			}),
	}
}

func subjectFields() []EventField {
	return []EventField{
		textField("account", "The verified account, or empty.", func(e *ingest.Event) *string { return &e.Subject.Account }),
		presentField("has_account", "Whether the account is verified.", func(e *ingest.Event) *string { return &e.Subject.Account }),
		textField("claimed", "An account name merely typed into the request.",
			func(e *ingest.Event) *string { return &e.Subject.Claimed }),
		presentField("has_session", "Whether a session was recognised.", func(e *ingest.Event) *string { return &e.Subject.Session }),
		textField("device", "The id inside a verified device token, or empty.",
			func(e *ingest.Event) *string { return &e.Subject.Device }),
		presentField("has_device", "Whether the device is known.", func(e *ingest.Event) *string { return &e.Subject.Device }),
		boolField("device_fresh", "Whether the request came without a valid device token.",
			func(e *ingest.Event) *bool { return &e.Subject.DeviceFresh }),
		numberField("device_age_seconds", "Seconds since the device token was made; -1 without one.",
			func(ev *Evaluator) float64 {
				if ev.e.Subject.DeviceIssued.IsZero() {
					return NoValue
				}
				return max(0, ev.e.Time.Sub(ev.e.Subject.DeviceIssued).Seconds())
			},
			func(e *ingest.Event, v float64, _ *time.Location) {
				e.Subject.DeviceIssued = time.Time{}
				if v >= 0 {
					e.Subject.DeviceIssued = e.Time.Add(-time.Duration(v * float64(time.Second)))
				}
			}),
		numberField("documents", "Number of identity documents in the request.",
			func(ev *Evaluator) float64 { return float64(len(ev.e.Subject.Documents)) },
			func(e *ingest.Event, v float64, _ *time.Location) {
				e.Subject.Documents = nil
				for i := range min(max(int(v), 0), ingest.MaxDocuments+1) {
					e.Subject.Documents = append(e.Subject.Documents, "document-"+strconv.Itoa(i+1))
				}
			}),
		presentField("phone_known", "Whether the request names a phone number.",
			func(e *ingest.Event) *string { return &e.Subject.Phone }),
		presentField("payee_known", "Whether the request names who pays.",
			func(e *ingest.Event) *string { return &e.Subject.Payee }),
	}
}

func clientFields() []EventField {
	return []EventField{
		{
			Name: "ip", Type: TypeText, Description: "Address in its shortest form, or empty.",
			text: func(ev *Evaluator) string { return ev.address() },
			set: func(e *ingest.Event, v any, _ *time.Location) {
				e.Client.IP, _ = netip.ParseAddr(v.(string)) // an unreadable address is none
			},
		},
		textField("subnet", "The address's /24 or /48.", func(e *ingest.Event) *string { return &e.Client.Subnet }),
		numberField("asn", "Autonomous system number, 0 where it is not known.",
			func(ev *Evaluator) float64 { return float64(ev.e.Client.ASN) },
			func(e *ingest.Event, v float64, _ *time.Location) { e.Client.ASN = uint32(min(max(v, 0), 1<<32-1)) }),
		textField("as_org", "Organisation behind the autonomous system.",
			func(e *ingest.Event) *string { return &e.Client.ASOrg }),
		textField("country", "ISO 3166-1 alpha-2, or empty where it is not known.",
			func(e *ingest.Event) *string { return &e.Client.Country }),
		boolField("hosting", "Whether the address belongs to a hosting provider.",
			func(e *ingest.Event) *bool { return &e.Client.Hosting }),
		textField("user_agent", "The User-Agent header.", func(e *ingest.Event) *string { return &e.Client.UserAgent }),
		boolField("automation", "Whether the user agent names itself a tool or crawler.",
			func(e *ingest.Event) *bool { return &e.Client.Automation }),
		textField("headers", "Hash of the order of the header names.",
			func(e *ingest.Event) *string { return &e.Client.Headers }),
		textField("tls", "TLS fingerprint from a trusted proxy, or empty.",
			func(e *ingest.Event) *string { return &e.Client.TLS }),
		textField("language", "First language of Accept-Language, or empty.",
			func(e *ingest.Event) *string { return &e.Client.Language }),
	}
}

func orderFields() []EventField {
	return []EventField{
		presentField("has_order", "Whether the request names an order.", func(e *ingest.Event) *string { return &e.Order.ID }),
		textField("pool", "The pool booked from.", func(e *ingest.Event) *string { return &e.Order.Pool }),
		textField("day", "The day booked, YYYY-MM-DD in the venue's time zone.",
			func(e *ingest.Event) *string { return &e.Order.Day }),
		numberField("days_ahead", "Days from today to the day booked; -1 where there is none or it is past.",
			func(ev *Evaluator) float64 { return ev.daysAhead() },
			func(e *ingest.Event, v float64, loc *time.Location) {
				e.Order.Day = ""
				if v >= 0 {
					e.Order.Day = e.Time.In(loc).AddDate(0, 0, int(min(v, 36500))).Format(time.DateOnly)
				}
			}),
		textField("channel", "Through whom the booking system sold it, as its reports say: empty, web and miniprogram are the visitors' own ways.",
			func(e *ingest.Event) *string { return &e.Order.Channel }),
		numberField("positions", "Number of places asked for.",
			func(ev *Evaluator) float64 { return float64(ev.e.Order.Positions) },
			func(e *ingest.Event, v float64, _ *time.Location) { e.Order.Positions = int(v) }),
	}
}

func responseFields() []EventField {
	status := numberField("status", "HTTP status given to the visitor.",
		func(ev *Evaluator) float64 { return float64(ev.e.Outcome.Status) },
		func(e *ingest.Event, v float64, _ *time.Location) { e.Outcome.Status = int(v) })
	accepted := EventField{
		Name: "accepted", Type: TypeBool, Description: "Whether the upstream took the request (2xx).",
		truth: func(ev *Evaluator) bool { return ev.e.Outcome.Accepted() },
		set: func(e *ingest.Event, v any, _ *time.Location) {
			e.Outcome.Disposition, e.Outcome.Status = ingest.DispositionForwarded, 422
			if v.(bool) {
				e.Outcome.Status = 200
			}
		},
	}
	out := []EventField{
		accepted,
		status,
		textField("disposition", "How far the request got: refused, forwarded, failed or unknown.",
			func(e *ingest.Event) *string { return (*string)(&e.Outcome.Disposition) }),
		numberField("latency_ms", "How long the request took in the gateway, in milliseconds.",
			func(ev *Evaluator) float64 { return float64(ev.e.Outcome.Latency.Milliseconds()) },
			func(e *ingest.Event, v float64, _ *time.Location) {
				e.Outcome.Latency = time.Duration(v) * time.Millisecond
			}),
		textField("order_state", "The order's state as the upstream wrote it.",
			func(e *ingest.Event) *string { return &e.Outcome.OrderState }),
		textField("outcome_code", "The upstream's machine-readable refusal, such as sold_out.",
			func(e *ingest.Event) *string { return &e.Outcome.Code }),
		textField("decision", "What the edge decided: allow, flag, challenge or block.",
			func(e *ingest.Event) *string { return (*string)(&e.Decision.Action) }),
	}
	out = append(out,
		clusterField("cluster_size", "Accounts in the cluster that the account is linked into; 0 for none, and outside the asynchronous stage.",
			func(s *ingest.Subject) *int { return &s.ClusterSize }),
		clusterField("cluster_growth", "How many of them came in the last 24 hours.",
			func(s *ingest.Subject) *int { return &s.ClusterGrowth }),
		clusterField("cluster_confirmed", "How many of them a person confirmed as scalpers.",
			func(s *ingest.Subject) *int { return &s.ClusterConfirmed }))
	for i := range out {
		out[i].AfterResponse = true
	}
	return out
}

func clusterField(name, description string, at func(*ingest.Subject) *int) EventField {
	return numberField(name, description,
		func(ev *Evaluator) float64 { return float64(*at(&ev.e.Subject)) },
		func(e *ingest.Event, v float64, _ *time.Location) { *at(&e.Subject) = int(v) })
}

func textField(name, description string, at func(*ingest.Event) *string) EventField {
	return EventField{
		Name: name, Type: TypeText, Description: description,
		text: func(ev *Evaluator) string { return *at(ev.e) },
		set:  func(e *ingest.Event, v any, _ *time.Location) { *at(e) = v.(string) },
	}
}

func boolField(name, description string, at func(*ingest.Event) *bool) EventField {
	return EventField{
		Name: name, Type: TypeBool, Description: description,
		truth: func(ev *Evaluator) bool { return *at(ev.e) },
		set:   func(e *ingest.Event, v any, _ *time.Location) { *at(e) = v.(bool) },
	}
}

// presentField says whether a text is there. Setting it to true fills in the
// field's name unless something is there already.
func presentField(name, description string, at func(*ingest.Event) *string) EventField {
	return EventField{
		Name: name, Type: TypeBool, Description: description,
		truth: func(ev *Evaluator) bool { return *at(ev.e) != "" },
		set: func(e *ingest.Event, v any, _ *time.Location) {
			switch {
			case !v.(bool):
				*at(e) = ""
			case *at(e) == "":
				*at(e) = name
			}
		},
	}
}

func numberField(
	name, description string, get func(*Evaluator) float64, set func(*ingest.Event, float64, *time.Location),
) EventField {
	return EventField{
		Name: name, Type: TypeNumber, Description: description, number: get,
		set: func(e *ingest.Event, v any, loc *time.Location) { set(e, v.(float64), loc) },
	}
}
