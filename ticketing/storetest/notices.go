package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/notice"
)

func updateNotices(t *testing.T, s Store, fn func(ctx context.Context, tx notice.Tx) error) {
	t.Helper()
	require.NoError(t, s.UpdateNotices(t.Context(), fn))
}

func viewNotices(t *testing.T, s Store, fn func(ctx context.Context, r notice.Reader) error) {
	t.Helper()
	require.NoError(t, s.ViewNotices(t.Context(), fn))
}

func announcement(id string, from, until time.Duration) notice.Announcement {
	a := notice.Announcement{
		ID: id, Version: 1, CreatedAt: start(), UpdatedAt: start(), UpdatedBy: "王", Edits: 3,
		Content: notice.Content{
			Kind: notice.KindNotice, Title: notice.Text{ZH: "标题", EN: "Title"}, Body: notice.Text{ZH: "正文\n二", EN: "Body"}, Pinned: true, Priority: -4,
			Dates: []ticketing.Date{day},
		},
	}
	if from != 0 {
		a.From = start().Add(from)
	}
	if until != 0 {
		a.Until = start().Add(until)
	}
	return a
}

func revision(n int64, what string) notice.Revision {
	return notice.Revision{Version: n, At: start().Add(time.Duration(n) * time.Second), Who: "李", What: what, After: fmt.Appendf(nil, `{"n": %d}`, n)}
}

func insertNotice(t *testing.T, s Store, a notice.Announcement) {
	t.Helper()
	updateNotices(t, s, func(ctx context.Context, tx notice.Tx) error {
		return tx.InsertAnnouncement(ctx, a, revision(1, "create"))
	})
}

// announcements holds that everything of an announcement is kept, that each
// change leaves a revision, and that the states follow from the moment of
// reading.
func announcements(t *testing.T, s Store) {
	t.Helper()
	want := announcement("n1", 0, 0)
	insertNotice(t, s, want)
	read := func(id string) notice.Announcement {
		var got notice.Announcement
		viewNotices(t, s, func(ctx context.Context, r notice.Reader) (err error) {
			got, err = r.Announcement(ctx, id)
			return err
		})
		return got
	}
	assert.Equal(t, want, read("n1"))
	want.Title, want.Body, want.Pinned, want.Priority, want.Dates = notice.Text{ZH: "新"}, notice.Text{ZH: "新"}, false, 9, nil
	want.From, want.Until, want.Edits, want.Version, want.UpdatedBy = start().Add(time.Hour), start().Add(2*time.Hour), -1, 2, "x"
	want.UpdatedAt = start().Add(time.Minute)
	updateNotices(t, s, func(ctx context.Context, tx notice.Tx) error {
		return tx.UpdateAnnouncement(ctx, want, revision(2, "schedule"))
	})
	assert.Equal(t, want, read("n1"))
	require.ErrorIs(t, s.UpdateNotices(t.Context(), func(ctx context.Context, tx notice.Tx) error {
		return tx.UpdateAnnouncement(ctx, announcement("none", 0, 0), revision(2, "change"))
	}), ticketing.ErrNotFound)
	require.Error(t, s.UpdateNotices(t.Context(), func(ctx context.Context, tx notice.Tx) error {
		return tx.UpdateAnnouncement(ctx, want, revision(2, "change"))
	}), "a version is made once")
	viewNotices(t, s, func(ctx context.Context, r notice.Reader) error {
		_, err := r.Announcement(ctx, "none")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		all, err := r.Revisions(ctx, "n1", 0, 10)
		require.NoError(t, err)
		assert.Equal(t, []notice.Revision{revision(1, "create"), revision(2, "schedule")}, all)
		rest, err := r.Revisions(ctx, "n1", 1, 1)
		assert.Equal(t, all[1:], rest)
		return err
	})
	second := announcement("n2", -time.Hour, 0)
	second.Kind, second.Pool = notice.KindRules, pool
	insertNotice(t, s, second)
	insertNotice(t, s, announcement("n3", 0, 0))
	noticeStates(t, s)
}

// noticeStates reads three announcements: one scheduled from one hour to two,
// one published, one draft.
func noticeStates(t *testing.T, s Store) {
	t.Helper()
	venueWide := ""
	for _, c := range []struct {
		filter notice.Filter
		after  time.Duration
		want   []string
	}{
		{notice.Filter{}, 0, []string{"n3", "n2", "n1"}},
		{notice.Filter{Limit: 2}, 0, []string{"n3", "n2"}},
		{notice.Filter{After: "n2"}, 0, []string{"n1"}},
		{notice.Filter{Kind: notice.KindRules}, 0, []string{"n2"}},
		{notice.Filter{Pool: &venueWide}, 0, []string{"n3", "n1"}},
		{notice.Filter{State: notice.StateDraft}, 0, []string{"n3"}},
		{notice.Filter{State: notice.StateScheduled}, time.Hour - 1e6, []string{"n1"}},
		{notice.Filter{State: notice.StateScheduled}, time.Hour, nil},
		{notice.Filter{State: notice.StatePublished}, time.Hour, []string{"n2", "n1"}},
		{notice.Filter{State: notice.StatePublished, Kind: notice.KindNotice, Pool: &venueWide, After: "n3"}, time.Hour, []string{"n1"}},
		{notice.Filter{State: notice.StateWithdrawn}, 2*time.Hour - 1e6, nil},
		{notice.Filter{State: notice.StateWithdrawn}, 2 * time.Hour, []string{"n1"}},
		{notice.Filter{State: "none"}, 0, nil},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 10
		}
		viewNotices(t, s, func(ctx context.Context, r notice.Reader) error {
			got, err := r.Announcements(ctx, c.filter, start().Add(c.after))
			var ids []string
			for _, a := range got {
				ids = append(ids, a.ID)
			}
			assert.Equal(t, c.want, ids, "%+v", c)
			return err
		})
	}
	for after, want := range map[time.Duration][2]int{0: {1, 2}, time.Hour: {2, 2}, 2 * time.Hour: {1, 1}} {
		viewNotices(t, s, func(ctx context.Context, r notice.Reader) error {
			shown, err := r.Shown(ctx, start().Add(after), 10)
			require.NoError(t, err)
			count, err := r.CountShown(ctx, start().Add(after))
			assert.Equal(t, want, [2]int{len(shown), count}, "%s: shown, and shown or scheduled", after)
			return err
		})
	}
}

// noticeVersions holds how the versions are counted.
func noticeVersions(t *testing.T, s Store) {
	t.Helper()
	at := func(after time.Duration) notice.Versions {
		var v notice.Versions
		viewNotices(t, s, func(ctx context.Context, r notice.Reader) (err error) {
			v, err = r.NoticeVersions(ctx, start().Add(after))
			return err
		})
		return v
	}
	assert.Equal(t, notice.Versions{RulesOf: map[string]int64{}}, at(0))
	insertNotice(t, s, announcement("n1", time.Minute, time.Hour)) // 3 edits
	for i, scope := range []string{"", pool} {
		rules := announcement(fmt.Sprint("r", i), time.Minute, 0)
		rules.Kind, rules.Pool, rules.Edits = notice.KindRules, scope, int64(10*i)
		insertNotice(t, s, rules)
	}
	assert.Equal(t, notice.Versions{Announcements: 13, Rules: 10, RulesOf: map[string]int64{"": 0, pool: 10}}, at(0))
	passed := at(time.Minute)
	assert.Equal(t, notice.Versions{Announcements: 16, Rules: 12, RulesOf: map[string]int64{"": 1, pool: 11}}, passed)
	assert.Equal(t, int64(17), at(time.Hour).Announcements)
	assert.Equal(t, []int64{12, 1, 1}, []int64{passed.RulesFor(pool), passed.RulesFor("other"), passed.RulesFor("")})
}

func venue(t *testing.T, s Store) {
	t.Helper()
	read := func() notice.Venue {
		var v notice.Venue
		viewNotices(t, s, func(ctx context.Context, r notice.Reader) (err error) {
			v, err = r.Venue(ctx)
			return err
		})
		return v
	}
	assert.Zero(t, read())
	for n := int64(1); n <= 2; n++ {
		r := revision(n, "venue")
		r.After = fmt.Appendf(nil, `{"name": {"zh": "馆%d"}, "version": %d}`, n, n)
		updateNotices(t, s, func(ctx context.Context, tx notice.Tx) error {
			return tx.InsertVenue(ctx, notice.Venue{Version: n}, r)
		})
	}
	assert.Equal(t, notice.Venue{Name: notice.Text{ZH: "馆2"}, Version: 2}, read())
	require.Error(t, s.UpdateNotices(t.Context(), func(ctx context.Context, tx notice.Tx) error {
		return tx.InsertVenue(ctx, notice.Venue{Version: 2}, revision(2, "venue"))
	}), "a version is made once")
	viewNotices(t, s, func(ctx context.Context, r notice.Reader) error {
		found, err := r.VenueRevisions(ctx, 1, 10)
		require.Len(t, found, 1)
		assert.Equal(t, int64(2), found[0].Version)
		v, err2 := r.NoticeVersions(ctx, start())
		require.NoError(t, err2)
		assert.Equal(t, int64(2), v.Venue)
		return err
	})
}
