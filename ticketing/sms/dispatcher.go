package sms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"fairgate/ticketing"
)

// Options tune a Dispatcher. The zero value of a field means its default.
type Options struct {
	PollInterval time.Duration    // between looks at an empty queue; default 100 ms
	Timeout      time.Duration    // of one question to the provider; default 5 s
	SettleAfter  time.Duration    // until an unknown message's receipt is asked for, again and again; default 10 s
	ResendAfter  time.Duration    // before which no trace of a message is no proof; default 60 s
	GiveUpAfter  time.Duration    // past a message's end, after which a receipt is asked for no more; default 1 h
	MaxAttempts  int              // to send one message; default 3
	BatchSize    int              // messages read at once; default 100
	Parallel     int              // messages in flight at once; default 8
	Clock        func() time.Time // default time.Now
	Logger       *slog.Logger     // default: discard
	Registerer   prometheus.Registerer
}

func (o Options) withDefaults() Options {
	for field, standard := range map[*time.Duration]time.Duration{
		&o.PollInterval: 100 * time.Millisecond, &o.Timeout: 5 * time.Second, &o.SettleAfter: 10 * time.Second,
		&o.ResendAfter: time.Minute, &o.GiveUpAfter: time.Hour,
	} {
		if *field <= 0 {
			*field = standard
		}
	}
	for field, standard := range map[*int]int{&o.MaxAttempts: 3, &o.BatchSize: 100, &o.Parallel: 8} {
		if *field <= 0 {
			*field = standard
		}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Dispatcher sends what is queued. Run it once in a process; several processes
// may each run one on the same queue.
type Dispatcher struct {
	queue   Queue
	opener  Opener
	sender  Sender
	opts    Options
	metrics *metrics
}

// NewDispatcher makes a Dispatcher.
func NewDispatcher(queue Queue, opener Opener, sender Sender, opts Options) (*Dispatcher, error) {
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("new message dispatcher: %w", err)
	}
	return &Dispatcher{queue: queue, opener: opener, sender: sender, opts: opts.withDefaults(), metrics: m}, nil
}

// Run sends until the context ends and then returns nil, once the messages in
// flight are written down.
func (d *Dispatcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(d.opts.PollInterval)
	defer ticker.Stop()
	for {
		for {
			more, err := d.Step(ctx)
			if err != nil && ctx.Err() == nil {
				d.metrics.failures.Inc()
				d.opts.Logger.WarnContext(ctx, "messages not dispatched", slog.Any("error", err))
			}
			if err != nil || !more {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Step deals once with the messages that are due and reports whether there may
// be more. One message's failure does not keep the others.
func (d *Dispatcher) Step(ctx context.Context) (more bool, err error) {
	due, err := d.queue.DueMessages(ctx, d.opts.Clock(), d.opts.BatchSize)
	if err != nil {
		return false, fmt.Errorf("read due messages: %w", err)
	}
	var group errgroup.Group
	group.SetLimit(d.opts.Parallel)
	errs := make([]error, len(due))
	for i, m := range due {
		group.Go(func() error {
			errs[i] = d.handle(ctx, m)
			return nil
		})
	}
	_ = group.Wait() // the functions return nil; their errors are in errs
	return len(due) == d.opts.BatchSize, errors.Join(errs...)
}

// handle takes one message one state further.
func (d *Dispatcher) handle(ctx context.Context, m ticketing.Message) error {
	err := ctx.Err()
	if err != nil {
		return err
	}
	switch m.State {
	case ticketing.MessageQueued:
		err = d.send(ctx, m)
	case ticketing.MessageSending:
		// Whoever was asking has not written the answer down in time.
		err = d.move(ctx, m, unknown(m, "abandoned", d.opts.Clock()))
	case ticketing.MessageUnknown:
		err = d.settle(ctx, m)
	case ticketing.MessageSent, ticketing.MessageFailed: // never due
	}
	if err != nil {
		return fmt.Errorf("message %s: %w", m.ID, err)
	}
	return nil
}

// text opens a message; one that no key opens fails for good.
func (d *Dispatcher) text(ctx context.Context, m ticketing.Message) (Text, bool, error) {
	phone, code, err := d.opener.OpenMessage(m)
	if err != nil {
		return Text{}, false, errors.Join(err, d.move(ctx, m, failed(m, "unreadable")))
	}
	text := Text{Key: m.ID, Phone: phone, Code: code, Purpose: m.Purpose}
	if m.Purpose.Notice() {
		text.Code, text.Receipt = "", code
	}
	return text, true, nil
}

// send claims a queued message, asks the provider and writes down its answer,
// also when the context ends meanwhile.
func (d *Dispatcher) send(ctx context.Context, m ticketing.Message) error {
	now := d.opts.Clock()
	if !now.Before(m.ExpiresAt) {
		return d.move(ctx, m, failed(m, "expired"))
	}
	text, ok, err := d.text(ctx, m)
	if !ok {
		return err
	}
	claimed := m
	claimed.State, claimed.Attempts, claimed.AttemptedAt = ticketing.MessageSending, m.Attempts+1, now
	claimed.NextAt = now.Add(2*d.opts.Timeout + time.Second) // the answer is written down long before
	won, err := d.queue.MoveMessage(ctx, m, claimed)
	if err != nil || !won {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	reference, err := d.sender.Send(asking, text)
	cancel()
	after := claimed
	switch {
	case err == nil:
		after.State, after.Reference, after.Reason = ticketing.MessageSent, reference, ""
	case errors.Is(err, ErrRefused):
		after = failed(claimed, "refused")
	case errors.Is(err, ErrBusy) && claimed.Attempts >= d.opts.MaxAttempts:
		after = failed(claimed, "busy")
	case errors.Is(err, ErrBusy):
		after.State, after.Reason, after.NextAt = ticketing.MessageQueued, "busy", d.opts.Clock().Add(d.opts.SettleAfter)
	default:
		after = unknown(claimed, "unanswered", d.opts.Clock().Add(d.opts.SettleAfter))
	}
	if err != nil {
		d.opts.Logger.WarnContext(ctx, "message not taken", slog.String("message_id", m.ID), slog.Int("attempt", claimed.Attempts),
			slog.String("state", string(after.State)), slog.Any("error", err))
	}
	return d.move(ctx, claimed, after)
}

// settle asks for the receipt of an unknown message. Only after the provider
// has shown no trace of it for a while is it queued again.
func (d *Dispatcher) settle(ctx context.Context, m ticketing.Message) error {
	text, ok, err := d.text(ctx, m)
	if !ok {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	receipt, asked := d.sender.Receipt(asking, text, m.Reference, m.AttemptedAt)
	cancel()
	now, after := d.opts.Clock(), m
	after.NextAt = now.Add(d.opts.SettleAfter)
	switch {
	case asked == nil && receipt == ReceiptAccepted:
		after.State, after.Reason = ticketing.MessageSent, "receipt"
	case asked == nil && receipt == ReceiptRefused:
		after = failed(m, "refused")
	case asked == nil && receipt == ReceiptAbsent && now.Sub(m.AttemptedAt) >= d.opts.ResendAfter:
		switch {
		case !now.Before(m.ExpiresAt):
			after = failed(m, "expired")
		case m.Attempts >= d.opts.MaxAttempts:
			after = failed(m, "attempts")
		default:
			after.State, after.Reason, after.NextAt = ticketing.MessageQueued, "absent", now
		}
	case !now.Before(m.ExpiresAt.Add(d.opts.GiveUpAfter)):
		after = failed(m, "unsettled")
	}
	return errors.Join(asked, d.move(ctx, m, after))
}

func failed(m ticketing.Message, reason string) ticketing.Message {
	m.State, m.Reason = ticketing.MessageFailed, reason
	return m
}

func unknown(m ticketing.Message, reason string, next time.Time) ticketing.Message {
	m.State, m.Reason, m.NextAt = ticketing.MessageUnknown, reason, next
	return m
}

// move writes a message's new state down, in a second of its own if the context
// has ended: what the provider said must not be forgotten. Another process that
// was faster is no error; it knew as much.
func (d *Dispatcher) move(ctx context.Context, before, after ticketing.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.opts.Timeout)
	defer cancel()
	moved, err := d.queue.MoveMessage(ctx, before, after)
	if err != nil {
		return fmt.Errorf("write down %s: %w", after.State, err)
	}
	if moved && after.State != before.State {
		d.metrics.messages.WithLabelValues(string(after.State)).Inc()
	}
	return nil
}
