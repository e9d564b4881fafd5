package outcome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"fairgate/ingest/outage"
)

// Publisher takes values under one key to a topic and returns when they are
// acknowledged there.
type Publisher interface {
	Publish(ctx context.Context, topic, key string, values ...[]byte) error
}

// ReceiverOptions configure a Receiver; zero values mean the defaults named.
type ReceiverOptions struct {
	Site string // written into every record
	// Events is the topic that reports are published to as events, too (see
	// Event); empty: none are.
	Events string
	// Skew is how far a delivery's timestamp may be off; 5 min.
	Skew time.Duration
	// Timeout bounds publishing; 10 s.
	Timeout    time.Duration
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Receiver takes signed batches by webhook and publishes each record, keyed
// by account or else by order. It answers 204 only when all are acknowledged;
// the sender repeats anything else, and a record's id makes that harmless.
// Otherwise: 401 unsigned, 400 faulty, 413 too large, 405 no POST, 503 not
// published, each with a problem document.
type Receiver struct {
	secrets [][]byte
	topic   string
	out     Publisher
	opts    ReceiverOptions
	away    *outage.Log // what publishes

	deliveries *prometheus.CounterVec
	records    *prometheus.CounterVec
}

// NewReceiver accepts deliveries signed with any of the secrets (two while
// one is being replaced) and publishes to topic.
func NewReceiver(out Publisher, topic string, secrets [][]byte, opts ReceiverOptions) (*Receiver, error) {
	if len(secrets) == 0 {
		return nil, errors.New("outcome receiver: no secret")
	}
	for i, s := range secrets {
		if len(s) < minSecret {
			return nil, fmt.Errorf("outcome receiver: secret %d has %d bytes, at least %d are wanted", i+1, len(s), minSecret)
		}
	}
	if opts.Skew <= 0 {
		opts.Skew = 5 * time.Minute
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 10 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Receiver{
		secrets: secrets, topic: topic, out: out, opts: opts,
		away: outage.New(opts.Logger, opts.Now, slog.LevelError, "outcomes not published", "outcomes published again"),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_outcome_deliveries_total", Help: "Webhook deliveries, by how they were answered.",
		}, []string{"result"}),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_outcome_records_total", Help: "Outcome records published, repeats included.",
		}, []string{"type"}),
	}
	if opts.Registerer != nil {
		for _, c := range []prometheus.Collector{r.deliveries, r.records} {
			if err := opts.Registerer.Register(c); err != nil {
				return nil, fmt.Errorf("outcome receiver: %w", err)
			}
		}
	}
	return r, nil
}

// refusal is an answer other than 204.
type refusal struct {
	status int
	result string // metric label
	detail string
}

func (f *refusal) Error() string { return f.detail }

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var no *refusal
	switch err := r.receive(w, q); {
	case err == nil:
		r.away.Report(q.Context(), nil)
		r.deliveries.WithLabelValues("accepted").Inc()
		w.WriteHeader(http.StatusNoContent)
		return
	case !errors.As(err, &no):
		r.away.Report(q.Context(), err)
		no = &refusal{http.StatusServiceUnavailable, "unavailable", "the records could not be stored; send them again"}
		w.Header().Set("Retry-After", "5")
	}
	r.deliveries.WithLabelValues(no.result).Inc()
	if no.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(no.status)
	// A client that has gone needs no answer.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"title": http.StatusText(no.status), "status": no.status, "detail": no.detail,
	})
}

func (r *Receiver) receive(w http.ResponseWriter, q *http.Request) error {
	if q.Method != http.MethodPost {
		return &refusal{http.StatusMethodNotAllowed, "malformed", "only POST is taken"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, MaxBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &refusal{http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is larger than %d bytes", MaxBytes)}
	case err != nil:
		return &refusal{http.StatusBadRequest, "malformed", "the body could not be read"}
	}
	if err := verify(q.Header, r.secrets, r.opts.Now(), r.opts.Skew, body); err != nil {
		return &refusal{http.StatusUnauthorized, "unsigned", err.Error()}
	}
	records, err := Decode(body)
	if err != nil {
		return &refusal{http.StatusBadRequest, "malformed", err.Error()}
	}
	ctx, cancel := context.WithTimeout(q.Context(), r.opts.Timeout)
	defer cancel()
	if err := r.Publish(ctx, records); err != nil {
		return err
	}
	for _, rec := range records {
		r.records.WithLabelValues(string(rec.Type)).Inc()
	}
	return nil
}

// Publish stamps the records with the site and publishes them; it is also the
// way in for imports. The order of one key's records is kept. After an error
// some may have been published.
func (r *Receiver) Publish(ctx context.Context, records []Record) error {
	byKey, events := make(map[string][][]byte), make(map[string][][]byte)
	for _, rec := range records {
		rec.Site = r.opts.Site
		b, err := json.Marshal(rec)
		if err != nil {
			return fmt.Errorf("encode outcome %q: %w", rec.ID, err)
		}
		key := rec.Key()
		byKey[key] = append(byKey[key], b)
		if e, ok := Event(rec); ok && r.opts.Events != "" {
			told, err := e.AppendJSON(nil)
			if err != nil {
				return fmt.Errorf("encode outcome %q as an event: %w", rec.ID, err)
			}
			// Keyed as the gateway's events are, so that they stay in order.
			events[e.Subject.Account] = append(events[e.Subject.Account], told)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for key, values := range byKey {
		g.Go(func() error { return r.out.Publish(ctx, r.topic, key, values...) })
	}
	for key, values := range events {
		g.Go(func() error { return r.out.Publish(ctx, r.opts.Events, key, values...) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("publish outcomes: %w", err)
	}
	return nil
}

// Key is what a record is published under: its account, else its order.
func (r *Record) Key() string {
	if r.AccountID != "" {
		return r.AccountID
	}
	return r.OrderID
}
