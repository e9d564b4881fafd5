package notice

import (
	"context"
	"time"

	"fairgate/ticketing"
)

// Store keeps everything the Service knows, under the same terms as
// ticketing.Store: UpdateNotices runs fn in a transaction that excludes every
// other and may run it more than once; what ViewNotices reads, each method
// reads at one moment.
type Store interface {
	UpdateNotices(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	ViewNotices(ctx context.Context, fn func(ctx context.Context, r Reader) error) error
}

// Reader is all that can be read.
type Reader interface {
	BoardReader
	AnnouncementReader
	VenueReader
}

// Tx is a transaction: all that can be read and written.
type Tx interface {
	Reader
	Writer
	ticketing.Memory
	Pool(ctx context.Context, id string) (ticketing.Pool, error)
}

// BoardReader reads what visitors read at a moment. Shown lists the published
// announcements, in no particular order; CountShown says how many are published
// or scheduled.
type BoardReader interface {
	NoticeVersions(ctx context.Context, now time.Time) (Versions, error)
	Shown(ctx context.Context, now time.Time, limit int) ([]Announcement, error)
	CountShown(ctx context.Context, now time.Time) (int, error)
}

// AnnouncementReader reads announcements as the house sees them. Announcement
// fails with ticketing.ErrNotFound; Announcements lists the newest first;
// Revisions lists one's versions in order, beginning after one.
type AnnouncementReader interface {
	Announcement(ctx context.Context, id string) (Announcement, error)
	Announcements(ctx context.Context, f Filter, now time.Time) ([]Announcement, error)
	Revisions(ctx context.Context, id string, after int64, limit int) ([]Revision, error)
}

// VenueReader reads the venue's page; its Version is 0 before the first.
// VenueRevisions lists its versions in order, beginning after one.
type VenueReader interface {
	Venue(ctx context.Context) (Venue, error)
	VenueRevisions(ctx context.Context, after int64, limit int) ([]Revision, error)
}

// Writer keeps announcements and the venue's page, each with the revision that
// the change makes. Revisions are never changed or taken away.
type Writer interface {
	InsertAnnouncement(ctx context.Context, a Announcement, r Revision) error
	UpdateAnnouncement(ctx context.Context, a Announcement, r Revision) error
	InsertVenue(ctx context.Context, v Venue, r Revision) error
}

// Filter says which announcements the house wants to see. An empty field leaves
// them all.
type Filter struct {
	State State
	Kind  Kind
	Pool  *string // points to the empty string for those of the whole venue
	After string  // id of the last one seen
	Limit int
}

// Versions are the figures by which a page can tell that it is stale. They
// never fall.
type Versions struct {
	Announcements int64            // of all announcements, rules and closures among them
	Rules         int64            // of all booking rules
	RulesOf       map[string]int64 // of the booking rules of each pool alone; "" = of the whole venue
	Venue         int64            // of the venue's page; 0 = there is none
}

// RulesFor is the version of the booking rules that are in force in a pool: the
// venue's and its own. 0 = there never were any.
func (v Versions) RulesFor(pool string) int64 {
	if pool == "" {
		return v.RulesOf[""]
	}
	return v.RulesOf[""] + v.RulesOf[pool]
}
