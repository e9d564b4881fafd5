package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/notice"
)

var (
	_ notice.Store = (*Store)(nil)
	_ notice.Tx    = noticeTx{}
)

// UpdateNotices implements notice.Store: fn joins the writer's next transaction.
func (s *Store) UpdateNotices(ctx context.Context, fn func(context.Context, notice.Tx) error) error {
	return s.writer.do(ctx, func(ctx context.Context, t *tx) error { return fn(ctx, noticeTx{noticeReader{t.reader}, t}) })
}

// ViewNotices implements notice.Store.
func (s *Store) ViewNotices(ctx context.Context, fn func(context.Context, notice.Reader) error) error {
	return fn(ctx, noticeReader{reader{q: s.reader}})
}

// noticeReader implements notice.Reader.
type noticeReader struct{ r reader }

// noticeTx implements notice.Tx.
type noticeTx struct {
	noticeReader
	*tx
}

const announcementColumns = `id, kind, pool_id, dates, title_zh, title_en, body_zh, body_en, pinned, priority,
	from_at, until_at, edits, version, created_at, updated_at, updated_by`

func scanAnnouncement(scan func(...any) error) (notice.Announcement, error) {
	var (
		a                             notice.Announcement
		dates                         string
		pinned                        int
		from, until, created, updated int64
	)
	err := scan(&a.ID, &a.Kind, &a.Pool, &dates, &a.Title.ZH, &a.Title.EN, &a.Body.ZH, &a.Body.EN, &pinned, &a.Priority,
		&from, &until, &a.Edits, &a.Version, &created, &updated, &a.UpdatedBy)
	if err != nil {
		return a, err
	}
	a.Pinned = pinned == 1
	a.From, a.Until, a.CreatedAt, a.UpdatedAt = moment(from), moment(until), moment(created), moment(updated)
	if err := json.Unmarshal([]byte(dates), &a.Dates); err != nil {
		return a, fmt.Errorf("dates of announcement %q: %w", a.ID, err)
	}
	if len(a.Dates) == 0 {
		a.Dates = nil
	}
	return a, nil
}

func (n noticeReader) announcements(ctx context.Context, rest string, args ...any) ([]notice.Announcement, error) {
	return list(ctx, n.r, "read announcements", scanAnnouncement, `SELECT `+announcementColumns+` FROM announcements `+rest, args...)
}

func (n noticeReader) Announcement(ctx context.Context, id string) (notice.Announcement, error) {
	a, err := scanAnnouncement(n.r.q.QueryRowContext(ctx, `SELECT `+announcementColumns+` FROM announcements WHERE id = $1`, id).Scan)
	return a, failed("read announcement", err)
}

func (n noticeReader) Shown(ctx context.Context, now time.Time, limit int) ([]notice.Announcement, error) {
	return n.announcements(ctx, `WHERE from_at > 0 AND from_at <= $1 AND (until_at = 0 OR until_at > $1) ORDER BY from_at DESC, id DESC LIMIT $2`, millis(now), limit)
}

func (n noticeReader) CountShown(ctx context.Context, now time.Time) (int, error) {
	var count int
	err := n.r.q.QueryRowContext(ctx, `SELECT count(*) FROM announcements WHERE from_at > 0 AND (until_at = 0 OR until_at > $1)`, millis(now)).Scan(&count)
	return count, failed("count announcements", err)
}

// stateIs is what a state means; $1 is the moment.
func stateIs(s notice.State) string {
	const standing = `(until_at = 0 OR until_at > $1)`
	switch s {
	case notice.StateDraft:
		return `from_at = 0 AND ` + standing
	case notice.StateScheduled:
		return `from_at > $1 AND ` + standing
	case notice.StatePublished:
		return `from_at > 0 AND from_at <= $1 AND ` + standing
	case notice.StateWithdrawn:
		return `until_at > 0 AND until_at <= $1`
	}
	return `from_at < 0 AND from_at > $1` // none
}

func (n noticeReader) Announcements(ctx context.Context, f notice.Filter, now time.Time) ([]notice.Announcement, error) {
	where, args := `WHERE 1 = 1`, []any{}
	if f.State != "" {
		where, args = `WHERE `+stateIs(f.State), []any{millis(now)}
	}
	add := func(condition string, value any) {
		args = append(args, value)
		where += ` AND ` + condition + ` $` + strconv.Itoa(len(args))
	}
	if f.Kind != "" {
		add(`kind =`, f.Kind)
	}
	if f.Pool != nil {
		add(`pool_id =`, *f.Pool)
	}
	if f.After != "" {
		add(`id <`, f.After)
	}
	args = append(args, f.Limit)
	return n.announcements(ctx, where+` ORDER BY id DESC LIMIT $`+strconv.Itoa(len(args)), args...)
}

func (n noticeReader) NoticeVersions(ctx context.Context, now time.Time) (notice.Versions, error) {
	v := notice.Versions{RulesOf: map[string]int64{}}
	err := n.r.each(ctx, "read versions", func(rows *sql.Rows) error {
		var (
			kind  notice.Kind
			pool  string
			share int64
		)
		if err := rows.Scan(&kind, &pool, &share); err != nil {
			return err
		}
		v.Announcements += share
		if kind == notice.KindRules {
			v.Rules += share
			v.RulesOf[pool] = share
		}
		return nil
	}, `SELECT kind, pool_id, CAST(sum(edits + CASE WHEN from_at > 0 AND from_at <= $1 THEN 1 ELSE 0 END
		+ CASE WHEN until_at > 0 AND until_at <= $1 THEN 1 ELSE 0 END) AS BIGINT) FROM announcements GROUP BY kind, pool_id`, millis(now))
	if err != nil {
		return v, err
	}
	err = n.r.q.QueryRowContext(ctx, `SELECT COALESCE(max(version), 0) FROM venue_revisions`).Scan(&v.Venue)
	return v, failed("read the venue's version", err)
}

func (n noticeReader) Revisions(ctx context.Context, id string, after int64, limit int) ([]notice.Revision, error) {
	return n.revisions(ctx, `announcement_revisions WHERE announcement_id = $3 AND`, after, limit, id)
}

func (n noticeReader) revisions(ctx context.Context, from string, after int64, limit int, more ...any) ([]notice.Revision, error) {
	var found []notice.Revision
	err := n.r.each(ctx, "read revisions", func(rows *sql.Rows) error {
		var (
			r       notice.Revision
			at      int64
			content string
		)
		err := rows.Scan(&r.Version, &at, &r.Who, &r.What, &content)
		r.At, r.After = moment(at), []byte(content)
		found = append(found, r)
		return err
	}, `SELECT version, made_at, who, what, content FROM `+from+` version > $1 ORDER BY version LIMIT $2`, append([]any{after, limit}, more...)...)
	return found, err
}

func (t noticeTx) InsertAnnouncement(ctx context.Context, a notice.Announcement, r notice.Revision) error {
	dates, err := datesOf(a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "insert announcement", `INSERT INTO announcements (`+announcementColumns+`) VALUES `+placeholders(1, 17),
		a.ID, a.Kind, a.Pool, dates, a.Title.ZH, a.Title.EN, a.Body.ZH, a.Body.EN, flag(a.Pinned), a.Priority,
		millis(a.From), millis(a.Until), a.Edits, a.Version, millis(a.CreatedAt), millis(a.UpdatedAt), a.UpdatedBy)
	if err != nil {
		return err
	}
	return t.revise(ctx, a.ID, r)
}

func (t noticeTx) UpdateAnnouncement(ctx context.Context, a notice.Announcement, r notice.Revision) error {
	dates, err := datesOf(a)
	if err != nil {
		return err
	}
	err = t.one(ctx, "update announcement", `UPDATE announcements SET dates = $2, title_zh = $3, title_en = $4, body_zh = $5, body_en = $6,
		pinned = $7, priority = $8, from_at = $9, until_at = $10, edits = $11, version = $12, updated_at = $13, updated_by = $14 WHERE id = $1`,
		a.ID, dates, a.Title.ZH, a.Title.EN, a.Body.ZH, a.Body.EN, flag(a.Pinned), a.Priority,
		millis(a.From), millis(a.Until), a.Edits, a.Version, millis(a.UpdatedAt), a.UpdatedBy)
	if err != nil {
		return err
	}
	return t.revise(ctx, a.ID, r)
}

func (t noticeTx) revise(ctx context.Context, id string, r notice.Revision) error {
	_, err := t.exec(ctx, "insert revision", `INSERT INTO announcement_revisions (announcement_id, version, made_at, who, what, content) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, r.Version, millis(r.At), r.Who, r.What, string(r.After))
	return err
}

func datesOf(a notice.Announcement) (string, error) {
	text, err := json.Marshal(append([]ticketing.Date{}, a.Dates...))
	if err != nil {
		return "", fmt.Errorf("dates of announcement %q: %w", a.ID, err)
	}
	return string(text), nil
}
