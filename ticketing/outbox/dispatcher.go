package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ticketing"
	"fairgate/ticketing/outage"
)

// Queue is where events wait. Pending reads the oldest undelivered events in
// order of seq; MarkDelivered marks those of a range, both ends included.
type Queue interface {
	Pending(ctx context.Context, limit int) ([]ticketing.Event, error)
	MarkDelivered(ctx context.Context, first, last int64, at time.Time) error
}

// Options tune a Dispatcher. The zero value of a field means its default.
type Options struct {
	BatchSize    int               // events in one request at most; default 200
	PollInterval time.Duration     // between looks at an empty queue; default 200 ms
	Timeout      time.Duration     // of one request; default 10 s
	MinBackoff   time.Duration     // before the first retry; default 200 ms
	MaxBackoff   time.Duration     // between retries at most; default 30 s
	LeaseLife    time.Duration     // after which another process takes over; default 30 s
	Clock        func() time.Time  // default time.Now
	Transport    http.RoundTripper // default http.DefaultTransport
	Logger       *slog.Logger      // default: discard
	Registerer   prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.BatchSize <= 0 {
		o.BatchSize = 200
	}
	for field, standard := range map[*time.Duration]time.Duration{
		&o.PollInterval: 200 * time.Millisecond, &o.Timeout: 10 * time.Second,
		&o.MinBackoff: 200 * time.Millisecond, &o.MaxBackoff: 30 * time.Second, &o.LeaseLife: 30 * time.Second,
	} {
		if *field <= 0 {
			*field = standard
		}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// leaseName keeps two processes from delivering at once.
const leaseName = "ticketing.outbox"

// Dispatcher delivers the outbox to one receiver. Run it once; several
// processes may each run one.
type Dispatcher struct {
	queue   Queue
	leases  ticketing.Leases
	target  string
	secret  []byte
	opts    Options
	client  *http.Client
	metrics *metrics
	holder  string
	away    *outage.Log // the receiver or the database

	// Owned by Run.
	batch     []ticketing.Event // being delivered; kept over retries
	failures  int               // in a row
	notBefore time.Time         // of the next attempt
	leasedTo  time.Time
	leaseless bool // the lease could not be asked for: wait until notBefore
}

// NewDispatcher makes a Dispatcher that posts to an http or https URL.
func NewDispatcher(queue Queue, leases ticketing.Leases, target string, secret []byte, opts Options) (*Dispatcher, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("new outbox dispatcher: the receiver must be an http or https URL")
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("new outbox dispatcher: webhook secret: want at least %d bytes, got %d", minSecret, len(secret))
	}
	opts = opts.withDefaults()
	if opts.LeaseLife <= opts.Timeout {
		return nil, fmt.Errorf("new outbox dispatcher: the lease life %s must exceed the timeout %s", opts.LeaseLife, opts.Timeout)
	}
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("new outbox dispatcher: %w", err)
	}
	return &Dispatcher{
		queue: queue, leases: leases, target: target, secret: secret, opts: opts, metrics: m, holder: uuid.NewString(),
		away: outage.New(opts.Logger, opts.Clock, slog.LevelWarn, "webhook delivery failed", "webhooks delivered again"),
		client: &http.Client{
			Transport: opts.Transport, Timeout: opts.Timeout,
			// A redirect would repeat the signed body at an address nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Run delivers until the context ends and then returns nil. Failures are
// logged, counted and tried again with exponential back-off and jitter.
func (d *Dispatcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(d.opts.PollInterval)
	defer ticker.Stop()
	for {
		d.Deliver(ctx)
		select {
		case <-ctx.Done():
			d.leave(ctx)
			return nil
		case <-ticker.C:
		}
	}
}

// Deliver delivers what waits, as Run does again and again. It is not to be
// called while Run runs.
func (d *Dispatcher) Deliver(ctx context.Context) {
	if err := d.drain(ctx); err != nil && ctx.Err() == nil {
		d.fail(ctx, err)
	}
}

// drain delivers batch after batch until nothing waits, something fails, it is
// not yet time to try again, or another process has the lease.
func (d *Dispatcher) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		if held, err := d.lease(ctx); err != nil || !held {
			return err
		}
		if d.opts.Clock().Before(d.notBefore) {
			return nil
		}
		if len(d.batch) == 0 {
			pending, err := d.queue.Pending(ctx, d.opts.BatchSize)
			if err != nil {
				return fmt.Errorf("read outbox: %w", err)
			}
			d.batch = pending
		}
		if len(d.batch) == 0 {
			d.metrics.lag.Set(0)
			d.away.Report(ctx, nil)
			return nil
		}
		d.metrics.lag.Set(d.opts.Clock().Sub(d.batch[0].OccurredAt.Time).Seconds())
		if err := d.deliver(ctx, d.batch); err != nil {
			return err
		}
		first, last := d.batch[0].Seq, d.batch[len(d.batch)-1].Seq
		if err := d.queue.MarkDelivered(ctx, first, last, d.opts.Clock()); err != nil {
			return fmt.Errorf("mark events %d to %d delivered: %w", first, last, err)
		}
		d.metrics.delivered.Add(float64(len(d.batch)))
		d.batch, d.failures = nil, 0
		d.away.Report(ctx, nil)
	}
	return nil
}

// lease takes the lease, or renews it when half of it is gone. Without it the
// batch is dropped, because the other process may have delivered it.
func (d *Dispatcher) lease(ctx context.Context) (bool, error) {
	now := d.opts.Clock()
	if d.leasedTo.Sub(now) > d.opts.LeaseLife/2+d.opts.Timeout/2 {
		return true, nil
	}
	if d.leaseless && now.Before(d.notBefore) {
		return false, nil // the database is away; it is asked no sooner than fail said
	}
	until := now.Add(d.opts.LeaseLife)
	held, err := d.leases.Acquire(ctx, leaseName, d.holder, now, until)
	d.leaseless = err != nil
	if err != nil {
		return false, fmt.Errorf("acquire lease: %w", err)
	}
	if !held {
		d.batch, d.leasedTo = nil, time.Time{}
		return false, nil
	}
	if d.leasedTo.Before(now) {
		d.batch = nil // the lease had run out: look again what is delivered
	}
	d.leasedTo = until
	return true, nil
}

// deliver posts a batch; any status but 2xx is a failure.
func (d *Dispatcher) deliver(ctx context.Context, batch []ticketing.Event) error {
	body, err := json.Marshal(struct {
		Events []ticketing.Event `json:"events"`
	}{batch})
	if err != nil {
		return fmt.Errorf("encode events: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make delivery: %w", err)
	}
	now, id := d.opts.Clock(), batch[len(batch)-1].ID
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderID, id)
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(HeaderSignature, "v1,"+Sign(d.secret, id, now, body))
	resp, err := d.client.Do(req)
	if err != nil {
		return fmt.Errorf("deliver %d events: %w", len(batch), err)
	}
	// Read a little, so that the connection can be used again.
	_, drained := io.Copy(io.Discard, io.LimitReader(resp.Body, 64*1024))
	if err := errors.Join(drained, resp.Body.Close()); err != nil {
		return fmt.Errorf("read the receiver's answer: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("deliver %d events: the receiver answered %d", len(batch), resp.StatusCode)
	}
	return nil
}

// fail sets when to try again: the back-off doubles from its least to its
// most, and between half and all of it is waited.
func (d *Dispatcher) fail(ctx context.Context, err error) {
	backoff := d.opts.MaxBackoff
	if d.failures < 20 {
		backoff = min(d.opts.MaxBackoff, d.opts.MinBackoff<<d.failures)
	}
	d.failures++
	wait := backoff/2 + time.Duration(rand.Int64N(int64(backoff/2)+1)) //nolint:gosec // jitter is no secret
	d.notBefore = d.opts.Clock().Add(wait)
	d.metrics.failures.Inc()
	d.away.Report(ctx, err, slog.Int("failures_in_a_row", d.failures), slog.Duration("retry_in", wait))
}

// leave gives the lease up, so that another process takes over at once.
func (d *Dispatcher) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := d.leases.Release(ctx, leaseName, d.holder); err != nil {
		d.opts.Logger.WarnContext(ctx, "outbox lease not released", slog.Any("error", err))
	}
}
