package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"fairgate/ticketing/notice"
)

func (n noticeReader) Venue(ctx context.Context) (notice.Venue, error) {
	var (
		v       notice.Venue
		content string
	)
	err := n.r.q.QueryRowContext(ctx, `SELECT content FROM venue_revisions ORDER BY version DESC LIMIT 1`).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return v, nil
	}
	if err != nil {
		return v, failed("read the venue", err)
	}
	if err := json.Unmarshal([]byte(content), &v); err != nil {
		return v, fmt.Errorf("read the venue: %w", err)
	}
	return v, nil
}

func (n noticeReader) VenueRevisions(ctx context.Context, after int64, limit int) ([]notice.Revision, error) {
	return n.revisions(ctx, `venue_revisions WHERE`, after, limit)
}

func (t noticeTx) InsertVenue(ctx context.Context, v notice.Venue, r notice.Revision) error {
	// What is read later is what the revision says: there is no second copy.
	_, err := t.exec(ctx, "insert the venue", `INSERT INTO venue_revisions (version, made_at, who, what, content) VALUES ($1, $2, $3, $4, $5)`,
		v.Version, millis(r.At), r.Who, r.What, string(r.After))
	return err
}
