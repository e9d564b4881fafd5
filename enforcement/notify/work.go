package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
)

const (
	firstPause = 2 * time.Second
	maxPause   = 10 * time.Minute
	pruneEvery = time.Hour
	maxReason  = 300 // bytes of an error that are kept
)

// Busy is how a Sender says that the other side wants to be left alone for a
// while; it was not taken.
type Busy struct {
	After time.Duration
	Err   error
}

// Error implements error.
func (b *Busy) Error() string { return b.Err.Error() }

// Unwrap gives the cause.
func (b *Busy) Unwrap() error { return b.Err }

// Run delivers what is due until ctx ends, and then returns nil. Each channel
// is sent over one message at a time, so that one that hangs holds up itself.
func (s *Service) Run(ctx context.Context) error {
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "notifications not looked for", "notifications looked for again")
	var sending sync.WaitGroup
	defer sending.Wait()
	var pruned time.Time
	for {
		err := s.round(ctx, sending.Go)
		if now := s.options.Now(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			err = errors.Join(err, s.Prune(ctx))
		}
		if ctx.Err() != nil {
			return nil // to be ended is no failure
		}
		away.Report(ctx, err)
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-time.After(s.options.Poll):
		}
	}
}

// Work delivers what is due now, at most one message a channel, and waits for it.
func (s *Service) Work(ctx context.Context) error {
	var sending sync.WaitGroup
	err := s.round(ctx, sending.Go)
	sending.Wait()
	return err
}

// job is a delivery that is due.
type job struct {
	channel  Channel
	target   string
	out      Outgoing
	state    State
	attempts int64
	nextMs   int64
	created  time.Time
}

func (s *Service) round(ctx context.Context, run func(func())) error {
	if len(s.senders) == 0 {
		return nil // another process delivers
	}
	due, err := s.due(ctx)
	if err != nil {
		return err
	}
	for _, j := range due {
		if !s.reserve(j.channel.ID) {
			continue
		}
		sender := s.senders[j.channel.Kind]
		if sender == nil {
			sender = missing(j.channel.Kind)
		}
		run(func() {
			if err := s.deliver(ctx, sender, j); err != nil && ctx.Err() == nil {
				s.options.Logger.ErrorContext(ctx, "delivery not noted", "delivery", j.out.ID, "error", err)
			}
			if s.release(j.channel.ID); ctx.Err() == nil {
				s.Wake() // for the channel's next one
			}
		})
	}
	return nil
}

// missing stands for a sender that this house has not set up.
type missing ChannelKind

// Send fails for good.
func (m missing) Send(context.Context, Outgoing) error {
	return fmt.Errorf("%w: nothing is set up to send by %s; see the sections notify and ticketing.sms of the configuration", ErrRefused, string(m))
}

func (s *Service) reserve(channel string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[channel] {
		return false
	}
	s.busy[channel] = true
	return true
}

func (s *Service) release(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, channel)
}

// due reads the oldest delivery of each channel that may be sent, or whose
// worker has died while it was sending.
func (s *Service) due(ctx context.Context) (list []job, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+channelColumns+`, delivery, title, body, state, attempts, next_ms, created_ms, message_kind, severity, time_ms, link
 FROM (SELECT c.*, d.id AS delivery, d.title, d.body, d.state, d.attempts, d.next_ms, d.created_ms, m.kind AS message_kind, m.severity, m.time_ms, m.link,
  ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY d.id) AS place
  FROM notify_deliveries d JOIN notify_messages m ON m.id = d.message_id JOIN notify_channels c ON c.id = d.channel_id
  WHERE d.state IN ('queued', 'sending') AND d.next_ms <= $1) AS waiting
 WHERE place = 1 ORDER BY delivery`, sqldb.Millis(s.options.Now()))
	if err != nil {
		return nil, fmt.Errorf("look for notifications: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var j job
		var created, at int64
		j.channel, j.target, err = scanChannel(rows, &j.out.ID, &j.out.Text.Title, &j.out.Text.Body, &j.state, &j.attempts, &j.nextMs, &created,
			&j.out.Kind, &j.out.Severity, &at, &j.out.Link)
		if err != nil {
			return nil, err
		}
		j.created, j.out.Time, j.out.Language = sqldb.Time(created), sqldb.Time(at), j.channel.Language
		list = append(list, j)
	}
	return list, rows.Err()
}

// deliver claims a delivery, so that no other worker has it, sends it, and
// notes what became of it.
func (s *Service) deliver(ctx context.Context, sender Sender, j job) error {
	now := s.options.Now()
	lease := now.Add(2*s.options.Timeout + time.Second)
	result, err := s.db.Write.ExecContext(ctx, `UPDATE notify_deliveries SET state = 'sending', next_ms = $1, attempts = attempts + 1, updated_ms = $2
 WHERE id = $3 AND state = $4 AND next_ms = $5 AND attempts = $6`,
		sqldb.Millis(lease), sqldb.Millis(now), j.out.ID, string(j.state), j.nextMs, j.attempts)
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	if claimed, err := result.RowsAffected(); err != nil || claimed == 0 {
		return err // another worker was faster
	}
	failure := s.send(ctx, sender, j)
	if ctx.Err() != nil && failure != nil {
		failure = fmt.Errorf("ended while sending: %w", errors.Join(ErrUnanswered, failure))
	}
	return s.settle(ctx, j, failure)
}

func (s *Service) send(ctx context.Context, sender Sender, j job) (err error) {
	if j.state == StateSending && !j.channel.Kind.Repeatable() {
		return fmt.Errorf("the process that sent it ended: %w", ErrUnanswered)
	}
	if j.out.Target, err = s.open(j.channel.ID, j.target); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	return sender.Send(ctx, j.out)
}

func (s *Service) settle(ctx context.Context, j job, failure error) error {
	now := s.options.Now()
	state, next, reason := StateSent, int64(0), ""
	if failure != nil {
		reason = clip(failure.Error())
		state, next = s.after(j, failure, now)
	}
	// What was done is noted also when the process is asked to end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Timeout)
	defer cancel()
	_, err := s.db.Write.ExecContext(ctx, `UPDATE notify_deliveries SET state = $1, next_ms = $2, last_error = $3, updated_ms = $4
 WHERE id = $5 AND state = 'sending' AND attempts = $6`, string(state), next, reason, sqldb.Millis(now), j.out.ID, j.attempts+1)
	if err != nil {
		return fmt.Errorf("note that it is %s: %w", state, err)
	}
	if state == StateQueued {
		s.retried.WithLabelValues(string(j.channel.Kind)).Inc()
		return nil
	}
	s.settled.WithLabelValues(string(j.channel.Kind), string(state)).Inc()
	if failure != nil {
		s.options.Logger.ErrorContext(ctx, "notification not delivered",
			"delivery", j.out.ID, "channel", j.channel.ID, "channel_kind", string(j.channel.Kind), "state", string(state), "error", reason)
	}
	return nil
}

// after decides what becomes of a delivery that failed.
func (s *Service) after(j job, failure error, now time.Time) (State, int64) {
	switch {
	case errors.Is(failure, ErrRefused):
		return StateFailed, 0
	case errors.Is(failure, ErrUnanswered) && !j.channel.Kind.Repeatable():
		return StateUnknown, 0
	case now.Sub(j.created) >= s.options.GiveUp:
		return StateFailed, 0
	}
	pause := min(firstPause<<min(j.attempts, 16), maxPause)
	if busy, ok := errors.AsType[*Busy](failure); ok {
		pause = max(pause, min(busy.After, maxPause))
	}
	return StateQueued, sqldb.Millis(now.Add(pause))
}

func clip(s string) string {
	if s = inert(s); len(s) > maxReason {
		s = s[:maxReason] + "…"
	}
	return s
}
