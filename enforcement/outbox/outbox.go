package outbox

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate creates or updates the outbox's table.
func Migrate(ctx context.Context, db *sqldb.DB) error {
	return db.Migrate(ctx, migrations, "outbox_schema")
}

// Topic is what a message is about.
type Topic string

// Topics.
const (
	Actions Topic = "actions" // payload: enforcement.Action
	Labels  Topic = "labels"  // payload: enforcement.Label
)

// Valid reports whether t is a known topic.
func (t Topic) Valid() bool { return t == Actions || t == Labels }

// Message is one thing to publish. Key is the partition key (the target's key
// or the account); Payload is JSON.
type Message struct {
	ID      string
	Topic   Topic
	Key     string
	Payload []byte
}

// AppendActions writes actions to the outbox in the transaction of their
// cause. Actions without an id get one.
func AppendActions(ctx context.Context, tx *sql.Tx, actions ...enforcement.Action) error {
	for _, a := range actions {
		if a.ID == "" {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("make an action id: %w", err)
			}
			a.ID = id.String()
		}
		if err := appendRow(ctx, tx, Actions, a.Target.Key, a.Time, a); err != nil {
			return err
		}
	}
	return nil
}

// AppendLabels writes labels to the outbox in the transaction of their cause.
func AppendLabels(ctx context.Context, tx *sql.Tx, labels ...enforcement.Label) error {
	for _, l := range labels {
		if err := appendRow(ctx, tx, Labels, l.Account, l.Time, l); err != nil {
			return err
		}
	}
	return nil
}

func appendRow(ctx context.Context, tx *sql.Tx, topic Topic, key string, at time.Time, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode a message for %s: %w", topic, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make a message id: %w", err)
	}
	_, err = tx.ExecContext(ctx,
		`INSERT INTO outbox (id, topic, key, payload, created_at) VALUES ($1, $2, $3, $4, $5)`,
		id.String(), string(topic), key, string(payload), sqldb.Millis(at))
	if err != nil {
		return fmt.Errorf("append to the outbox: %w", err)
	}
	return nil
}
