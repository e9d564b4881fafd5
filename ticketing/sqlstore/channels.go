package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"fairgate/ticketing"
)

const channelColumns = `SELECT id, kind, name, name_en, active, spill, account_id, key_hash, created_at, version FROM channels`

func scanChannel(scan func(...any) error) (ticketing.Channel, error) {
	var (
		c             ticketing.Channel
		active, spill int
		created       int64
	)
	err := scan(&c.ID, &c.Kind, &c.Name, &c.NameEN, &active, &spill, &c.AccountID, &c.KeyHash, &created, &c.Version)
	c.Active, c.Spill, c.HasKey, c.CreatedAt = active == 1, spill == 1, c.KeyHash != "", moment(created)
	return c, err
}

func (r reader) Channels(ctx context.Context) ([]ticketing.Channel, error) {
	channels, err := list(ctx, r, "read channels", scanChannel, channelColumns)
	// Sorted here, because the engines collate text differently.
	slices.SortFunc(channels, func(a, b ticketing.Channel) int { return strings.Compare(a.ID, b.ID) })
	return channels, err
}

func (r reader) Channel(ctx context.Context, id string) (ticketing.Channel, error) {
	c, err := scanChannel(r.q.QueryRowContext(ctx, channelColumns+` WHERE id = $1`, id).Scan)
	return c, failed("read channel", err)
}

func (t *tx) PutChannel(ctx context.Context, c ticketing.Channel) error {
	_, err := t.exec(ctx, "put channel",
		`INSERT INTO channels (id, kind, name, name_en, active, spill, account_id, key_hash, created_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, name_en = excluded.name_en, active = excluded.active,
		spill = excluded.spill, key_hash = excluded.key_hash, version = channels.version + 1`,
		c.ID, c.Kind, c.Name, c.NameEN, flag(c.Active), flag(c.Spill), c.AccountID, c.KeyHash, millis(c.CreatedAt))
	return err
}

func (r reader) ChannelChanges(ctx context.Context, channel string, after int64, limit int) ([]ticketing.Change, error) {
	var changes []ticketing.Change
	err := r.each(ctx, "read changes of a channel", func(rows *sql.Rows) error {
		var (
			c         ticketing.Change
			at        int64
			was, then string
		)
		err := rows.Scan(&c.Seq, &at, &c.Who, &c.What, &was, &then)
		c.At, c.Before, c.After = ticketing.Millis{Time: moment(at)}, []byte(was), []byte(then)
		changes = append(changes, c)
		return err
	}, `SELECT seq, changed_at, who, what, before, after FROM channel_changes WHERE channel_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
		channel, after, limit)
	return changes, err
}

func (t *tx) RecordChannelChange(ctx context.Context, channel string, c ticketing.Change) error {
	_, err := t.exec(ctx, "record change of a channel", `INSERT INTO channel_changes (channel_id, seq, changed_at, who, what, before, after)
		VALUES ($1, (SELECT COALESCE(max(seq), 0) + 1 FROM channel_changes WHERE channel_id = $1), $2, $3, $4, $5, $6)`,
		channel, millis(c.At.Time), c.Who, c.What, string(c.Before), string(c.After))
	return err
}
