package budget

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/follow"
	"fairgate/ingest/note"
	"fairgate/ingest/sqldb"
)

// Follower carries the rules of a site that are turned down to one process. It
// only reads, so that a process that can do without SQL can have one.
type Follower struct {
	db   *sqldb.DB
	site string
	file string
	now  func() time.Time
	held []string // what the file says
}

// NewFollower returns a follower that keeps the last known rules in a file
// beside the process, so that one that is started while SQL is away begins
// where the site was. Without a file (empty) it knows of none then.
func NewFollower(db *sqldb.DB, site, file string, now func() time.Time) *Follower {
	return &Follower{db: db, site: site, file: file, now: now}
}

// maxNote is the largest file that is read, in bytes.
const maxNote = 1 << 20

// Look makes the site's rules those of the curb, once, and reports whether that
// changed it. Where SQL is away the curb stays as it is; one that holds nothing
// yet takes what the file says.
func (f *Follower) Look(ctx context.Context, curb *enforcement.Curb) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, follow.Patience)
	defer cancel()
	ids, err := curbed(ctx, f.db, f.site)
	if err != nil {
		return f.recall(curb), err
	}
	changed = curb.Set(ids)
	if f.file == "" || (f.held != nil && slices.Equal(ids, f.held)) {
		return changed, nil
	}
	text, err := json.Marshal(ids)
	if err == nil {
		err = note.Replace(f.file, text)
	}
	if err != nil {
		return changed, fmt.Errorf("%w: %w", follow.ErrNotNoted, err)
	}
	f.held = ids
	return changed, nil
}

// recall takes what the file says, where nothing was read from SQL before.
func (f *Follower) recall(curb *enforcement.Curb) (changed bool) {
	if f.file == "" || f.held != nil {
		return false
	}
	info, err := os.Stat(f.file)
	if err != nil || info.Size() > maxNote {
		return false
	}
	text, err := os.ReadFile(f.file)
	var ids []string
	if err != nil || json.Unmarshal(text, &ids) != nil {
		return false
	}
	f.held = slices.Concat([]string{}, ids)
	return curb.Set(ids)
}

// Follow keeps a process's curb as the site's until ctx ends. While SQL is away
// the last known rules stand.
func (f *Follower) Follow(ctx context.Context, curb *enforcement.Curb, log *slog.Logger) error {
	return follow.Run(ctx, log, f.now, follow.Words{
		Away:    "the rules that are turned down cannot be read; the last known stand",
		Back:    "the rules that are turned down can be read again",
		Unnoted: "the rules that are turned down cannot be noted; a start without SQL would not know them",
		Noted:   "the rules that are turned down are noted again",
	}, func(ctx context.Context) ([]slog.Attr, error) {
		changed, err := f.Look(ctx, curb)
		if changed {
			log.WarnContext(ctx, "the rules that are turned down changed")
		}
		return nil, err
	})
}

// curbed lists the rules of a site that are turned down now.
func curbed(ctx context.Context, db *sqldb.DB, site string) ([]string, error) {
	ids := []string{}
	err := each(ctx, db.Read, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT DISTINCT d.rule`+downInForce+` ORDER BY d.rule`, site)
	if err != nil {
		return nil, fmt.Errorf("read the rules that are turned down: %w", err)
	}
	return ids, nil
}
