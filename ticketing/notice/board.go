package notice

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fairgate/ticketing"
)

// board is what visitors read, as it was at a moment. It is shared: nobody may
// change it.
type board struct {
	versions Versions
	shown    []Announcement // in the order they are read
	venue    Venue
}

// boardKey is the one key of the board's cache.
const boardKey = "board"

// readBoard reads the versions first: what is shown is at least as new as they
// say.
func (s *Service) readBoard(ctx context.Context, _ string) (board, error) {
	var b board
	err := s.store.ViewNotices(ctx, func(ctx context.Context, r Reader) (err error) {
		now := s.now()
		if b.versions, err = r.NoticeVersions(ctx, now); err != nil {
			return err
		}
		if b.shown, err = r.Shown(ctx, now, MaxShown); err != nil {
			return err
		}
		b.venue, err = r.Venue(ctx)
		return err
	})
	slices.SortFunc(b.shown, func(a, b Announcement) int { return placeOf(a).compare(placeOf(b)) })
	return b, err
}

// Query says which announcements a visitor wants to read.
type Query struct {
	Pool  string // those of the pool and of the whole venue; empty = all
	Kind  Kind   // empty = all
	After string // Page.Next of the page before
	Limit int    // 1 to 100
}

// Page is a part of what visitors read, pinned ones first, then by priority,
// then the newest.
type Page struct {
	Version       int64 // of all announcements; see Versions
	RulesVersion  int64 // of the booking rules in force: of the pool asked for, or of the venue
	Announcements []Announcement
	Next          string // opaque; empty = there is no more
}

// maxPage bounds one page.
const maxPage = 100

// Board reads a page of what is published. It may be as old as Options.MaxAge.
// It fails with ticketing.ErrInvalidField.
func (s *Service) Board(ctx context.Context, q Query) (Page, error) {
	if q.Kind != "" && !q.Kind.Valid() {
		return Page{}, invalidField("kind", "want notice, rules or closure")
	}
	if q.Limit < 1 || q.Limit > maxPage {
		return Page{}, invalidField("limit", "want 1 to %d, got %d", maxPage, q.Limit)
	}
	var after *place
	if q.After != "" {
		at, err := parsePlace(q.After)
		if err != nil {
			return Page{}, invalidField("after", "want what the page before gave as next")
		}
		after = &at
	}
	b, err := s.board.Get(ctx, boardKey)
	if err != nil {
		return Page{}, err
	}
	page := Page{Version: b.versions.Announcements, RulesVersion: b.versions.RulesFor(q.Pool)}
	for _, a := range b.shown {
		if q.Kind != "" && a.Kind != q.Kind || q.Pool != "" && a.Pool != "" && a.Pool != q.Pool {
			continue
		}
		if after != nil && placeOf(a).compare(*after) <= 0 {
			continue
		}
		if len(page.Announcements) == q.Limit {
			page.Next = placeOf(page.Announcements[q.Limit-1]).String()
			break
		}
		page.Announcements = append(page.Announcements, a)
	}
	return page, nil
}

// Versions says what a page needs to know whether it is stale. It may be as old
// as Options.MaxAge; the map is shared and must not be changed.
func (s *Service) Versions(ctx context.Context) (Versions, error) {
	b, err := s.board.Get(ctx, boardKey)
	return b.versions, err
}

// Venue is the venue's page, or ticketing.ErrNotFound before there is one. It
// may be as old as Options.MaxAge; its slices are shared and must not be
// changed.
func (s *Service) Venue(ctx context.Context) (Venue, error) {
	b, err := s.board.Get(ctx, boardKey)
	if err == nil && b.venue.Version == 0 {
		err = ticketing.ErrNotFound
	}
	return b.venue, err
}

// RulesVersion implements ticketing.BookingRules: the version of the booking
// rules in force in a pool, from memory or, if fresh, from the store.
func (s *Service) RulesVersion(ctx context.Context, pool string, fresh bool) (int64, error) {
	if fresh {
		s.board.Forget(boardKey)
	}
	b, err := s.board.Get(ctx, boardKey)
	return b.versions.RulesFor(pool), err
}

// place is where an announcement stands in the order of reading, by what
// decides it; that stays meaningful while others come and go.
type place struct {
	pinned   bool
	priority int
	from     int64 // Unix ms
	id       string
}

func placeOf(a Announcement) place {
	return place{pinned: a.Pinned, priority: a.Priority, from: a.From.UnixMilli(), id: a.ID}
}

// compare orders pinned ones first, then higher priorities, then later moments,
// then later ids.
func (p place) compare(o place) int {
	if p.pinned != o.pinned {
		if p.pinned {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(o.priority, p.priority), cmp.Compare(o.from, p.from), strings.Compare(o.id, p.id))
}

// String is the place as an opaque cursor.
func (p place) String() string {
	text := fmt.Sprintf("%t %d %d %s", p.pinned, p.priority, p.from, p.id)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// maxCursor bounds a cursor, in bytes.
const maxCursor = 200

// parsePlace reads a cursor.
func parsePlace(cursor string) (place, error) {
	if len(cursor) > maxCursor {
		return place{}, fmt.Errorf("cursor of %d bytes", len(cursor))
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return place{}, fmt.Errorf("decode cursor: %w", err)
	}
	parts := strings.Split(string(text), " ")
	if len(parts) != 4 {
		return place{}, fmt.Errorf("cursor of %d parts", len(parts))
	}
	var p place
	if p.pinned, err = strconv.ParseBool(parts[0]); err == nil {
		p.priority, err = strconv.Atoi(parts[1])
	}
	if err == nil {
		p.from, err = strconv.ParseInt(parts[2], 10, 64)
	}
	p.id = parts[3]
	if err == nil && p.String() != cursor {
		err = errors.New("not a cursor of ours")
	}
	return p, err
}
