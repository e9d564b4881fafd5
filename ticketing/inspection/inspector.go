package inspection

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing"
)

// Limits say from where on something is late or odd. The zero value of a field
// means its default.
type Limits struct {
	Late      time.Duration // past the time of what should have happened; default 5 min
	Undeliver time.Duration // age of an event that was not delivered; default 10 min
	Places    int           // standing ones of an account over all pools; default 20
	Orders    int           // standing ones with the same visitor's phone; default 10
	Transfers int           // of one order; default 3
	Cancels   int           // within an hour, at least; default 20
	Norm      int           // times the hourly norm of fourteen days; default 5
	Most      int           // observations of a kind; default 200
}

func (l Limits) withDefaults() Limits {
	for to, standard := range map[*time.Duration]time.Duration{&l.Late: 5 * time.Minute, &l.Undeliver: 10 * time.Minute} {
		if *to <= 0 {
			*to = standard
		}
	}
	for to, standard := range map[*int]int{
		&l.Places: 20, &l.Orders: 10, &l.Transfers: 3, &l.Cancels: 20, &l.Norm: 5, &l.Most: 200,
	} {
		if *to <= 0 {
			*to = standard
		}
	}
	return l
}

// Query asks for findings in order of id, after one; no states means all.
type Query struct {
	State State
	After string
	Limit int
}

// Store looks and keeps. Observe lists what of a kind is wrong now, at most
// limits.Most. Record notes what was seen of a kind: new ones are opened, known
// ones counted, resolved ones opened again, and those not seen resolved.
// Acknowledge fails with ticketing.ErrNotFound. Standing counts what is not
// resolved.
type Store interface {
	Observe(ctx context.Context, kind Kind, now time.Time, limits Limits) ([]Observation, error)
	Record(ctx context.Context, kind Kind, seen []Observation, now time.Time) error
	Findings(ctx context.Context, q Query) ([]Finding, error)
	Acknowledge(ctx context.Context, id, who, note string, now time.Time) (Finding, error)
	Standing(ctx context.Context) (map[Kind]int, error)
}

// Options tune an Inspector.
type Options struct {
	Limits     Limits
	At         ticketing.Clock // of the daily inspection, at the venue; default 05:00
	Registerer prometheus.Registerer
}

// Inspector looks and keeps what it finds. It is safe for concurrent use.
type Inspector struct {
	store  Store
	clock  func() time.Time
	limits Limits
	at     ticketing.Clock
	open   *prometheus.GaugeVec
}

// New makes an Inspector.
func New(store Store, clock func() time.Time, opts Options) (*Inspector, error) {
	if opts.At == "" {
		opts.At = "05:00"
	}
	i := &Inspector{
		store: store, clock: clock, limits: opts.Limits.withDefaults(), at: opts.At,
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairgate_inspection_open_findings", Help: "Findings that are not resolved, by kind.",
		}, []string{"kind"}),
	}
	if opts.Registerer != nil {
		if err := opts.Registerer.Register(i.open); err != nil {
			return nil, fmt.Errorf("new inspector: register metrics: %w", err)
		}
	}
	return i, nil
}

// Job is the daily inspection, for the service's jobs.
func (i *Inspector) Job() ticketing.Job {
	return ticketing.Job{Name: "inspect", At: i.at, Timeout: 15 * time.Minute, Run: func(ctx context.Context, _ string) (ticketing.JobResult, error) {
		standing, err := i.Inspect(ctx)
		total := 0
		for _, n := range standing {
			total += n
		}
		return ticketing.JobResult{Report: fmt.Sprintf("%d findings stand", total)}, err
	}}
}

// Inspect looks for every kind now and says how many findings of each stand. A
// kind that cannot be looked for keeps its findings as they are and does not
// keep the others; the errors are joined.
func (i *Inspector) Inspect(ctx context.Context) (map[Kind]int, error) {
	var faults []error
	for _, kind := range Kinds() {
		now := i.clock()
		seen, err := i.store.Observe(ctx, kind, now, i.limits)
		if err == nil {
			err = i.store.Record(ctx, kind, seen, now)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("inspect %s: %w", kind, err))
		}
	}
	standing, err := i.store.Standing(ctx)
	if err != nil {
		return nil, errors.Join(append(faults, fmt.Errorf("count findings: %w", err))...)
	}
	for _, kind := range Kinds() {
		i.open.WithLabelValues(string(kind)).Set(float64(standing[kind]))
	}
	return standing, errors.Join(faults...)
}

// Bounds of what is asked and noted.
const (
	maxFindings = 500
	maxNote     = 500 // characters
	maxWho      = 128 // bytes
)

// Findings reads findings page by page. It fails with ErrInvalidField.
func (i *Inspector) Findings(ctx context.Context, q Query) ([]Finding, error) {
	if q.State != "" && !q.State.Valid() {
		return nil, refuse("state", "want open, acknowledged or resolved")
	}
	if q.Limit < 1 || q.Limit > maxFindings {
		return nil, refuse("limit", fmt.Sprintf("want 1 to %d, got %d", maxFindings, q.Limit))
	}
	return i.store.Findings(ctx, q)
}

// Acknowledge notes that somebody looks after a finding. It stays acknowledged
// while it lasts, and resolves by itself. It fails with ErrInvalidField or
// ErrNotFound.
func (i *Inspector) Acknowledge(ctx context.Context, id, who, note string) (Finding, error) {
	if who == "" || len(who) > maxWho || !utf8.ValidString(who) {
		return Finding{}, refuse("X-Operator", "say who you are")
	}
	if utf8.RuneCountInString(note) > maxNote || !utf8.ValidString(note) {
		return Finding{}, refuse("note", fmt.Sprintf("want at most %d characters", maxNote))
	}
	return i.store.Acknowledge(ctx, id, who, note, i.clock())
}

func refuse(field, detail string) error {
	return &ticketing.Error{Code: ticketing.CodeInvalidField, Field: field, Detail: detail}
}
