package notify

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"fairgate/ingest/sqldb"
)

const channelColumns = `id, name, kind, language, least, only_kinds, enabled, target, hint, version, updated_ms, updated_by`

// Channels lists all channels by name, targets left out.
func (s *Service) Channels(ctx context.Context) ([]Channel, error) {
	return s.channels(ctx, s.db.Read, `ORDER BY name`)
}

// Channel reads one, its target left out.
func (s *Service) Channel(ctx context.Context, id string) (Channel, error) {
	list, err := s.channels(ctx, s.db.Read, `WHERE id = $1`, id)
	if err != nil {
		return Channel{}, err
	}
	if len(list) == 0 {
		return Channel{}, fmt.Errorf("channel %q: %w", id, ErrNotFound)
	}
	return list[0], nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Service) channels(ctx context.Context, q querier, where string, args ...any) (list []Channel, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+channelColumns+` FROM notify_channels `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		c, _, err := scanChannel(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

func scanChannel(rows *sql.Rows, more ...any) (c Channel, target string, err error) {
	var only string
	var updated int64
	err = rows.Scan(append([]any{
		&c.ID, &c.Name, &c.Kind, &c.Language, &c.Least, &only, &c.Enabled, &target, &c.Hint, &c.Version, &updated, &c.UpdatedBy,
	}, more...)...)
	if err == nil {
		err = json.Unmarshal([]byte(only), &c.Only)
	}
	if err != nil {
		return c, "", fmt.Errorf("read a channel: %w", err)
	}
	c.UpdatedAt = sqldb.Time(updated)
	return c, target, nil
}

// Put creates the channel when it has no id, and else changes the one of its id
// and version; it fails with ErrConflict where another change came first. A
// zero Target leaves a channel's as it is, unless its kind changes. It returns
// the channel as stored, its target left out.
func (s *Service) Put(ctx context.Context, c Channel, by string) (Channel, error) {
	if by == "" {
		return Channel{}, fmt.Errorf("%w: who changes the channel is missing", ErrBadInput)
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		var err error
		c, err = s.put(ctx, tx, c, by)
		return err
	})
	c.Target = Target{}
	return c, err
}

func (s *Service) put(ctx context.Context, tx *sql.Tx, c Channel, by string) (Channel, error) {
	create := c.ID == ""
	if create {
		if err := s.room(ctx, tx); err != nil {
			return c, err
		}
		c.ID, c.Version = uuid.NewString(), 0
	} else if c.Target.empty() {
		old, target, err := s.stored(ctx, tx, c.ID)
		if err != nil {
			return c, err
		}
		if old.Kind == c.Kind {
			if c.Target, err = s.open(c.ID, target); err != nil {
				return c, err
			}
		}
	}
	if err := c.Validate(); err != nil {
		return c, err
	}
	only, err := json.Marshal(append([]Kind{}, c.Only...))
	if err != nil {
		return c, fmt.Errorf("encode the channel: %w", err)
	}
	target, err := s.close(c.ID, c.Target)
	if err != nil {
		return c, err
	}
	var taken int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM notify_channels WHERE name = $1 AND id <> $2`, c.Name, c.ID).Scan(&taken); err != nil {
		return c, fmt.Errorf("look for the name: %w", err)
	}
	if taken > 0 {
		return c, fmt.Errorf("name %q: %w", c.Name, ErrConflict)
	}
	before := c.Version
	c.Version, c.Hint, c.UpdatedAt, c.UpdatedBy = c.Version+1, c.Target.hint(), s.options.Now().UTC(), by
	args := []any{c.ID, c.Name, string(c.Kind), string(c.Language), string(c.Least), string(only), sqldb.Flag(c.Enabled), target, c.Hint, c.Version, sqldb.Millis(c.UpdatedAt), by}
	if create {
		_, err = tx.ExecContext(ctx, `INSERT INTO notify_channels (`+channelColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, args...)
		if err != nil {
			return c, fmt.Errorf("create the channel: %w", err)
		}
		return c, nil
	}
	result, err := tx.ExecContext(ctx, `UPDATE notify_channels SET name = $2, kind = $3, language = $4, least = $5, only_kinds = $6,
 enabled = $7, target = $8, hint = $9, version = $10, updated_ms = $11, updated_by = $12 WHERE id = $1 AND version = $13`, append(args, before)...)
	if err != nil {
		return c, fmt.Errorf("change the channel: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return c, errors.Join(fmt.Errorf("channel %q: %w", c.ID, ErrConflict), err)
	}
	return c, nil
}

func (t Target) empty() bool { return t.URL == "" && t.Key == "" && len(t.To) == 0 }

func (s *Service) room(ctx context.Context, tx *sql.Tx) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM notify_channels`).Scan(&n); err != nil {
		return fmt.Errorf("count channels: %w", err)
	}
	if n >= maxChannels {
		return fmt.Errorf("%w: %d", ErrTooMany, maxChannels)
	}
	return nil
}

func (s *Service) stored(ctx context.Context, q querier, id string) (c Channel, target string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+channelColumns+` FROM notify_channels WHERE id = $1`, id)
	if err != nil {
		return c, "", fmt.Errorf("read the channel: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return c, "", errors.Join(fmt.Errorf("channel %q: %w", id, ErrNotFound), rows.Err())
	}
	return scanChannel(rows)
}

// Remove forgets a channel with everything that went over it. What is still
// queued for it is not sent.
func (s *Service) Remove(ctx context.Context, id string) error {
	result, err := s.db.Write.ExecContext(ctx, `DELETE FROM notify_channels WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("remove the channel: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("channel %q: %w", id, ErrNotFound), err)
	}
	return nil
}

func sealPurpose(id string) string { return "notify.channel/" + id }

func (s *Service) close(id string, t Target) (string, error) {
	plain, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode the target: %w", err)
	}
	return base64.StdEncoding.EncodeToString(s.box.Seal(sealPurpose(id), plain)), nil
}

func (s *Service) open(id, target string) (t Target, err error) {
	sealed, err := base64.StdEncoding.DecodeString(target)
	if err != nil {
		return t, fmt.Errorf("read the target of channel %q: %w", id, err)
	}
	plain, err := s.box.Open(sealPurpose(id), sealed)
	if err != nil {
		return t, fmt.Errorf("read the target of channel %q: %w", id, err)
	}
	if err := json.Unmarshal(plain, &t); err != nil {
		return t, fmt.Errorf("read the target of channel %q: %w", id, err)
	}
	return t, nil
}
