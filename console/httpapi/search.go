package httpapi

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/console/desk"
	"fairgate/enforcement"
	"fairgate/enforcement/explain"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/ingest/fingerprint"
)

// Ledger finds events; *lookup.Reader is one.
type Ledger interface {
	Timeline(ctx context.Context, site string, s lookup.Search) ([]lookup.Seen, error)
}

// People turns personal values into the hashes that events carry;
// *fingerprint.Keyer is one.
type People interface {
	Keys(p fingerprint.Purpose, value string) []string
}

// Sought is what somebody looks for.
type Sought string

// Kinds of searches.
const (
	SoughtReceipt  Sought = "receipt"
	SoughtPhone    Sought = "phone"
	SoughtDocument Sought = "document"
	SoughtID       Sought = "id" // of an account, an order or an event
)

// Hit is one thing that was found.
type Hit struct {
	Type    string    `json:"type" enum:"account,order,event"`
	ID      string    `json:"id"`
	Path    string    `json:"path" doc:"The console's page about it"`
	Account string    `json:"account,omitempty" doc:"Whose it is"`
	Pool    string    `json:"pool,omitempty"`
	Day     string    `json:"day,omitempty"`
	Time    time.Time `json:"time,omitzero" doc:"Of the newest event about it"`
}

type searchInput struct {
	Body struct {
		Query string `json:"q" minLength:"3" maxLength:"200" doc:"A receipt, an order's, account's or event's id, a phone number or a document's number, exactly"`
	}
}

type searchOutput struct {
	Body struct {
		Sought []Sought `json:"sought" doc:"What it was taken for"`
		Hits   []Hit    `json:"hits" doc:"At most 50"`
		// Unsearched says what could not be looked into.
		Unsearched []string `json:"unsearched" enum:"ledger,booking,people" doc:"What could not be looked into now: the ledger, the booking system, or people, where this console does not hold the key of hashes or the role may not"`
	}
}

// Limits of searching: of one operator in a minute.
const (
	searchesPerMinute = 30
	peoplePerMinute   = 10
	maxHits           = 50
)

const searchText = `What is looked for is in the body and in no URL and no log. Phones and documents are found by their exact hash among the events of the last month; ` +
	`that needs the permission ` + "`search.people`" + `. Every search is audited, with what was looked for unless it is personal. 30 in a minute, 10 for people.`

func (s *server) search(api huma.API) {
	all, people := newPace(searchesPerMinute), newPace(peoplePerMinute)
	huma.Register(api, needs(huma.Operation{
		OperationID: "search", Method: http.MethodPost, Path: "/api/v1/search", Summary: "Find an account, an order or an event",
		Description: searchText, Tags: []string{"review"}, Errors: []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}, console.Search), func(ctx context.Context, in *searchInput) (*searchOutput, error) {
		who, now := callerOf(ctx), s.o.Now()
		q := strings.TrimSpace(in.Body.Query)
		kinds := soughtBy(q)
		if len(kinds) == 0 {
			return nil, huma.Error422UnprocessableEntity("q: it looks like no receipt, id, phone or document")
		}
		personal := slices.ContainsFunc(kinds, func(k Sought) bool { return k == SoughtPhone || k == SoughtDocument })
		if !all.take(who.Name, now) || (personal && who.Role.May(console.SearchPeople) && !people.take(who.Name, now)) {
			return nil, huma.Error429TooManyRequests("too many searches; wait a minute")
		}
		f := &finding{s: s, q: q, role: who.Role, request: who.requestID, operator: who.Name, hits: []Hit{}, missing: []string{}}
		for _, k := range kinds {
			f.look(ctx, k)
		}
		out := &searchOutput{}
		out.Body.Sought, out.Body.Hits, out.Body.Unsearched = kinds, f.hits[:min(len(f.hits), maxHits)], f.missing
		return out, s.record(ctx, "search", auditedQuery(kinds, q), "", nil, map[string]int{"hits": len(out.Body.Hits)})
	})
}

// auditedQuery is what the audit log says was looked for: nothing personal.
func auditedQuery(kinds []Sought, q string) string {
	var names []string
	for _, k := range kinds {
		if k == SoughtPhone || k == SoughtDocument {
			return "people"
		}
		names = append(names, string(k))
	}
	return strings.Join(names, ",") + ":" + q
}

var (
	anID       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{2,127}$`)
	aReceipt   = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{20}$`)
	aPhone     = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,18}[0-9]$`)
	aDocument  = regexp.MustCompile(`^[A-Za-z]{0,3}[0-9]{5,17}[0-9Xx]$`)
	aLongUpper = regexp.MustCompile(`[0-9]{5}`)
)

// soughtBy tells what a text may be; several where it cannot be told.
func soughtBy(q string) []Sought {
	if _, ok := enforcement.TidyReceipt(q); ok || aReceipt.MatchString(strings.ToUpper(q)) {
		return []Sought{SoughtReceipt}
	}
	var kinds []Sought
	if aPhone.MatchString(q) {
		kinds = append(kinds, SoughtPhone)
	}
	if aDocument.MatchString(q) && aLongUpper.MatchString(q) {
		kinds = append(kinds, SoughtDocument)
	}
	if len(kinds) == 0 && anID.MatchString(q) {
		kinds = append(kinds, SoughtID)
	}
	return kinds
}

// finding is one search on its way.
type finding struct {
	s                 *server
	q                 string
	role              console.Role
	request, operator string
	hits              []Hit
	missing           []string
}

func (f *finding) miss(what string) {
	if !slices.Contains(f.missing, what) {
		f.missing = append(f.missing, what)
	}
}

func (f *finding) look(ctx context.Context, k Sought) {
	switch k {
	case SoughtReceipt:
		values := []string{strings.ToUpper(f.q)}
		if tidy, ok := enforcement.TidyReceipt(f.q); ok {
			values = append(values, tidy)
		}
		for _, e := range f.events(ctx, lookup.Search{By: lookup.ByReceipt, Values: values}) {
			f.event(e)
		}
	case SoughtPhone:
		f.people(ctx, lookup.ByPhone, fingerprint.PurposePhone)
	case SoughtDocument:
		f.people(ctx, lookup.ByDocument, fingerprint.PurposeDocument)
	case SoughtID:
		f.byID(ctx)
	}
}

// people finds accounts by a hash.
func (f *finding) people(ctx context.Context, by lookup.Key, purpose fingerprint.Purpose) {
	if f.s.People == nil || !f.role.May(console.SearchPeople) {
		f.miss("people")
		return
	}
	for _, e := range f.events(ctx, lookup.Search{By: by, Values: f.s.People.Keys(purpose, f.q), Limit: lookup.MaxTimeline}) {
		if e.Account != "" {
			f.account(e.Account, e.Time)
		}
	}
}

// byID tries what an id may be of.
func (f *finding) byID(ctx context.Context) {
	since := f.s.o.Now().AddDate(0, 0, -190)
	for _, e := range f.events(ctx, lookup.Search{By: lookup.ByAccount, Values: []string{f.q}, Since: since, Limit: 1}) {
		f.account(e.Account, e.Time)
	}
	if len(f.hits) == 0 && f.role.May(console.ReadReview) {
		// One that was denied by hand may have no event.
		standing, err := f.s.Review.StandingOf(ctx, f.s.o.Site, account(f.q))
		if err == nil && (standing.Case != nil || len(standing.Blocks) > 0) {
			f.account(f.q, time.Time{})
		}
	}
	f.order(ctx, since)
	if f.role.May(console.ReadReview) {
		found, err := f.s.Explain.Find(ctx, f.s.o.Site, f.q)
		switch {
		case err == nil:
			f.event(lookup.Seen{ID: found.Event.ID, Time: found.Event.Time, Account: found.Event.Subject.Account, Pool: found.Event.Order.Pool, Day: found.Event.Order.Day})
		case !errors.Is(err, explain.ErrUnknownEvent) && !errors.Is(err, explain.ErrInvalidID):
			f.miss("ledger")
		}
	}
}

// order asks the ledger, and, where that does not know the order, the booking
// system.
func (f *finding) order(ctx context.Context, since time.Time) {
	for _, e := range f.events(ctx, lookup.Search{By: lookup.ByOrder, Values: []string{f.q}, Since: since, Limit: 1}) {
		f.add(Hit{Type: "order", ID: e.Order, Path: orderPath(e.Order), Account: e.Account, Pool: e.Pool, Day: e.Day, Time: e.Time})
		return
	}
	if f.s.Booking == nil || !f.role.May(console.ReadTicketing) {
		return
	}
	answer, err := f.s.Booking.Forward(ctx, desk.Request{
		Method: http.MethodGet, Path: []string{"orders", f.q}, Operator: f.operator, RequestID: f.request,
	})
	if err != nil {
		f.miss("booking")
		return
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, answer.Body) // lets the connection be used again
	if answer.Status == http.StatusOK {
		f.add(Hit{Type: "order", ID: f.q, Path: orderPath(f.q)})
	}
}

func orderPath(id string) string { return "/ticketing/orders?order=" + url.QueryEscape(id) }

// events asks the ledger; where that is away nothing is found, and said so.
func (f *finding) events(ctx context.Context, search lookup.Search) []lookup.Seen {
	if f.s.Ledger == nil {
		f.miss("ledger")
		return nil
	}
	found, err := f.s.Ledger.Timeline(ctx, f.s.o.Site, search)
	if err != nil {
		f.s.o.Log.WarnContext(ctx, "a search could not read the ledger", "error", err, "request_id", f.request)
		f.miss("ledger")
	}
	return found
}

func (f *finding) account(id string, at time.Time) {
	f.add(Hit{Type: "account", ID: id, Path: "/accounts/" + url.PathEscape(id), Time: at})
}

// event adds an event to whom may read it, and its account to all.
func (f *finding) event(e lookup.Seen) {
	if f.role.May(console.ReadReview) {
		path := "/accounts/" + url.PathEscape(cmp.Or(e.Account, "-")) + "?event=" + url.QueryEscape(e.ID)
		f.add(Hit{Type: "event", ID: e.ID, Path: path, Account: e.Account, Pool: e.Pool, Day: e.Day, Time: e.Time})
	}
	if e.Account != "" {
		f.account(e.Account, e.Time)
	}
}

func (f *finding) add(h Hit) {
	if !slices.ContainsFunc(f.hits, func(o Hit) bool { return o.Type == h.Type && o.ID == h.ID }) {
		f.hits = append(f.hits, h)
	}
}

// pace counts what operators do in a minute. It is safe for concurrent use.
type pace struct {
	most int
	mu   sync.Mutex
	done map[string][]time.Time
}

func newPace(most int) *pace { return &pace{most: most, done: map[string][]time.Time{}} }

// take counts one and reports whether it is still within the limit.
func (p *pace) take(who string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, times := range p.done { // operators are few
		times = slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
		if p.done[name] = times; len(times) == 0 {
			delete(p.done, name)
		}
	}
	if len(p.done[who]) >= p.most {
		return false
	}
	p.done[who] = append(p.done[who], now)
	return true
}
