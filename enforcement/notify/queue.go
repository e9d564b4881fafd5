package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"fairgate/ingest/sqldb"
)

// State is how far a delivery has come.
type State string

// States of a delivery.
const (
	StateQueued  State = "queued"
	StateSending State = "sending"
	StateSent    State = "sent"    // the other side has taken it
	StateUnknown State = "unknown" // sent, and no answer came; see the package comment
	StateFailed  State = "failed"  // refused for good, or given up
)

// Valid reports whether s is a known state.
func (s State) Valid() bool {
	switch s {
	case StateQueued, StateSending, StateSent, StateUnknown, StateFailed:
		return true
	default:
		return false
	}
}

// Delivery is one message over one channel.
type Delivery struct {
	ID        string      `json:"id"`
	Channel   string      `json:"channel_id"`
	Name      string      `json:"channel"`
	By        ChannelKind `json:"channel_kind"`
	Kind      Kind        `json:"kind"`
	Severity  Severity    `json:"severity"`
	Text      Text        `json:"text"`
	Link      string      `json:"link,omitempty"`
	State     State       `json:"state"`
	Attempts  int         `json:"attempts"`
	LastError string      `json:"last_error,omitempty"`
	// Next is when it is tried again, for one that is queued.
	Next    time.Time `json:"next_at,omitzero"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

// Append queues a message for every channel that takes it, in the transaction
// of its cause, and returns for how many. A message of a key that was queued
// before goes nowhere. After the commit, Wake delivers without waiting for the
// next look.
func (s *Service) Append(ctx context.Context, tx *sql.Tx, m Message) (int, error) {
	if err := m.Validate(); err != nil {
		return 0, err
	}
	channels, err := s.channels(ctx, tx, `WHERE enabled = 1 ORDER BY name`)
	if err != nil {
		return 0, err
	}
	taking := channels[:0]
	for _, c := range channels {
		if c.takes(m) {
			taking = append(taking, c)
		}
	}
	ids, err := s.enqueue(ctx, tx, m, taking)
	return len(ids), err
}

// Send queues a message in a transaction of its own and wakes the worker.
func (s *Service) Send(ctx context.Context, m Message) (n int, err error) {
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		n, err = s.Append(ctx, tx, m)
		return err
	})
	if err == nil {
		s.Wake()
	}
	return n, err
}

// Try queues a test message for one channel, also one that is not enabled, and
// returns its delivery's id.
func (s *Service) Try(ctx context.Context, channel, by string) (id string, err error) {
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		c, _, err := s.stored(ctx, tx, channel)
		if err != nil {
			return err
		}
		m := Message{
			Key: "test/" + uuid.NewString(), Kind: Test, Severity: Notice, Time: s.options.Now(),
			Fields: map[string]string{"channel": c.Name, "by": by},
		}
		if err := m.Validate(); err != nil {
			return err
		}
		ids, err := s.enqueue(ctx, tx, m, []Channel{c})
		if err == nil {
			id = ids[0]
		}
		return err
	})
	if err == nil {
		s.Wake()
	}
	return id, err
}

// Wake makes Run look for work now.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Service) enqueue(ctx context.Context, tx *sql.Tx, m Message, channels []Channel) ([]string, error) {
	message, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make a message id: %w", err)
	}
	now := sqldb.Millis(s.options.Now())
	result, err := tx.ExecContext(ctx, `INSERT INTO notify_messages (id, message_key, kind, severity, time_ms, link, created_ms)
 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_key) DO NOTHING`,
		message.String(), m.Key, string(m.Kind), string(m.Severity), sqldb.Millis(m.Time), m.Link, now)
	if err != nil {
		return nil, fmt.Errorf("queue the message: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, err
	}
	texts := map[Language]Text{}
	ids := make([]string, 0, len(channels))
	for _, c := range channels {
		text, ok := texts[c.Language]
		if !ok {
			t, err := s.words(ctx, tx, m.Kind, c.Language)
			if err != nil {
				return nil, err
			}
			if text, err = t.Render(m); err != nil {
				return nil, err
			}
			texts[c.Language] = text
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fmt.Errorf("make a delivery id: %w", err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO notify_deliveries
 (id, message_id, channel_id, title, body, state, attempts, next_ms, last_error, created_ms, updated_ms)
 VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, '', $6, $6)`, id.String(), message.String(), c.ID, text.Title, text.Body, now)
		if err != nil {
			return nil, fmt.Errorf("queue a delivery: %w", err)
		}
		ids = append(ids, id.String())
	}
	return ids, nil
}

// Filter chooses deliveries. Empty fields leave them all.
type Filter struct {
	ID      string
	Channel string
	State   State
	Before  string // id of the last one seen
	Limit   int    // default and at most 200
}

// Deliveries lists deliveries, the newest first.
func (s *Service) Deliveries(ctx context.Context, f Filter) (list []Delivery, err error) {
	if f.State != "" && !f.State.Valid() {
		return nil, fmt.Errorf("%w: state %q: unknown", ErrBadInput, f.State)
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 200
	}
	rows, err := s.db.Read.QueryContext(ctx, `SELECT d.id, c.id, c.name, c.kind, m.kind, m.severity, d.title, d.body, m.link,
 d.state, d.attempts, d.last_error, d.next_ms, d.created_ms, d.updated_ms
 FROM notify_deliveries d JOIN notify_messages m ON m.id = d.message_id JOIN notify_channels c ON c.id = d.channel_id
 WHERE ($1 = '' OR d.id = $1) AND ($2 = '' OR d.channel_id = $2) AND ($3 = '' OR d.state = $3) AND ($4 = '' OR d.id < $4)
 ORDER BY d.id DESC LIMIT $5`, f.ID, f.Channel, string(f.State), f.Before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Delivery
		var next, created, updated int64
		err := rows.Scan(&d.ID, &d.Channel, &d.Name, &d.By, &d.Kind, &d.Severity, &d.Text.Title, &d.Text.Body, &d.Link,
			&d.State, &d.Attempts, &d.LastError, &next, &created, &updated)
		if err != nil {
			return nil, fmt.Errorf("read a delivery: %w", err)
		}
		if d.State == StateQueued {
			d.Next = sqldb.Time(next)
		}
		d.Created, d.Updated = sqldb.Time(created), sqldb.Time(updated)
		list = append(list, d)
	}
	return list, rows.Err()
}

// Again queues a delivery that failed or whose fate is unknown once more: what
// a person decides who has looked.
func (s *Service) Again(ctx context.Context, id string) error {
	now := sqldb.Millis(s.options.Now())
	result, err := s.db.Write.ExecContext(ctx, `UPDATE notify_deliveries SET state = 'queued', attempts = 0, next_ms = $1, created_ms = $1, updated_ms = $1
 WHERE id = $2 AND state IN ('failed', 'unknown')`, now, id)
	if err != nil {
		return fmt.Errorf("queue the delivery again: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("delivery %q, failed or unknown: %w", id, ErrNotFound), err)
	}
	s.Wake()
	return nil
}

// Prune forgets messages older than Options.Keep, with their deliveries.
func (s *Service) Prune(ctx context.Context) error {
	_, err := s.db.Write.ExecContext(ctx, `DELETE FROM notify_messages WHERE created_ms < $1`, sqldb.Millis(s.options.Now().Add(-s.options.Keep)))
	if err != nil {
		return fmt.Errorf("forget messages: %w", err)
	}
	return nil
}
