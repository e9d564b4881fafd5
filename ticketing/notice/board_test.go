package notice_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/sqlstore"
)

// TestBoard holds the order of reading, what a pool's visitors see, and that
// pages go on where they ended while others come and go.
func TestBoard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	addPool(t, h, "main", "other")
	for i, c := range []notice.Content{
		{Title: notice.Text{ZH: "old"}},
		{Title: notice.Text{ZH: "new"}},
		{Title: notice.Text{ZH: "pinned"}, Pinned: true},
		{Title: notice.Text{ZH: "weighty"}, Priority: 5},
		{Title: notice.Text{ZH: "mine"}, Pool: "main", Kind: notice.KindClosure},
		{Title: notice.Text{ZH: "theirs"}, Pool: "other", Kind: notice.KindRules},
	} {
		h.pass(time.Duration(i) * time.Minute)
		c.Body = notice.Text{ZH: "正文"}
		if c.Kind == "" {
			c.Kind = notice.KindNotice
		}
		h.published(c)
	}
	assert.Equal(t, []string{"pinned", "weighty", "theirs", "mine", "new", "old"}, titles(t, h.Service, notice.Query{}))
	assert.Equal(t, []string{"pinned", "weighty", "mine", "new", "old"}, titles(t, h.Service, notice.Query{Pool: "main"}))
	assert.Equal(t, []string{"mine"}, titles(t, h.Service, notice.Query{Kind: notice.KindClosure}))
	assert.Equal(t, []string{}, titles(t, h.Service, notice.Query{Kind: notice.KindRules, Pool: "main"}))

	first, err := h.Board(t.Context(), notice.Query{Limit: 2})
	require.NoError(t, err)
	require.NotEmpty(t, first.Next)
	_, err = h.Withdraw(t.Context(), by("王"), first.Announcements[1].ID)
	require.NoError(t, err)
	h.published(notice.Content{Kind: notice.KindNotice, Title: notice.Text{ZH: "newest"}, Body: notice.Text{ZH: "x"}, Pinned: true})
	second, err := h.Board(t.Context(), notice.Query{Limit: 100, After: first.Next})
	require.NoError(t, err)
	assert.Len(t, second.Announcements, 4)
	assert.Equal(t, "theirs", second.Announcements[0].Title.ZH, "after the one that is gone")
	assert.Empty(t, second.Next)
	for _, q := range []notice.Query{{Limit: 0}, {Limit: 101}, {Limit: 1, Kind: "x"}, {Limit: 1, After: "x"}, {Limit: 1, After: "dHJ1ZQ"}} {
		_, err := h.Board(t.Context(), q)
		require.ErrorIs(t, err, ticketing.ErrInvalidField, "%+v", q)
	}
}

func addPool(t *testing.T, h *house, ids ...string) {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), h.dsn, sqlstore.Options{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		var errs []error
		for _, id := range ids {
			errs = append(errs, tx.PutPool(ctx, ticketing.Pool{ID: id, Name: id, LimitPerOrder: 1, Hold: time.Second}))
		}
		return errors.Join(errs...)
	}))
}

// TestOneReading holds that polling costs the store one reading in a quarter of
// a second, and that another process sees a change by then.
func TestOneReading(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.process()
	require.Empty(t, titles(t, other, notice.Query{}))
	h.published(content("新"))
	assert.Equal(t, []string{"新"}, titles(t, h.Service, notice.Query{}), "who made it sees it at once")
	assert.Empty(t, titles(t, other, notice.Query{}), "from memory")
	h.pass(250 * time.Millisecond)
	assert.Equal(t, []string{"新"}, titles(t, other, notice.Query{}))
}

// TestRulesVersion holds that a pool's rules are the venue's and its own.
func TestRulesVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	addPool(t, h, "main", "other")
	rules := func(pool string) notice.Content {
		return notice.Content{Kind: notice.KindRules, Pool: pool, Title: notice.Text{ZH: "须知"}, Body: notice.Text{ZH: "正文"}}
	}
	versions := func() string {
		var out []int64
		for _, pool := range []string{"", "main", "other"} {
			v, err := h.RulesVersion(t.Context(), pool, false)
			require.NoError(t, err)
			out = append(out, v)
		}
		return fmt.Sprint(out)
	}
	assert.Equal(t, "[0 0 0]", versions())
	h.published(content("无关"))
	assert.Equal(t, "[0 0 0]", versions(), "notices are no rules")
	wide := h.published(rules(""))
	assert.Equal(t, "[1 1 1]", versions())
	h.published(rules("main"))
	assert.Equal(t, "[1 2 1]", versions())
	changed := rules("")
	changed.Body.ZH = "新正文"
	_, err := h.Change(t.Context(), by("王"), wide.ID, changed, 0)
	require.NoError(t, err)
	assert.Equal(t, "[2 3 2]", versions())
	other := h.process()
	before, err := other.RulesVersion(t.Context(), "main", false)
	require.NoError(t, err)
	h.published(rules("main"))
	cached, err := other.RulesVersion(t.Context(), "main", false)
	require.NoError(t, err)
	fresh, err := other.RulesVersion(t.Context(), "main", true)
	require.NoError(t, err)
	assert.Equal(t, []int64{before, before + 1}, []int64{cached, fresh})
}

func TestVenue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.Venue(t.Context())
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	page := func() notice.Venue {
		return notice.Venue{
			Name: notice.Text{ZH: "天文馆", EN: "Planetarium"}, Address: notice.Text{ZH: "临港大道 380 号"}, TimeZone: notice.TimeZone, Phone: "+86 21 5010 8563",
			Transport:    notice.Text{ZH: "地铁 16 号线\r\n滴水湖站"},
			OpeningHours: []notice.Hours{{Weekdays: []string{"tue", "wed"}, Open: "09:00", Close: "17:00", LastEntry: "16:00"}},
		}
	}
	made, err := h.PutVenue(t.Context(), by("王"), page())
	require.NoError(t, err)
	shown, err := h.Venue(t.Context())
	require.NoError(t, err)
	assert.Equal(t, made, shown)
	assert.Equal(t, "地铁 16 号线\n滴水湖站", shown.Transport.ZH)
	for field, spoil := range map[string]func(v *notice.Venue){
		"name_zh":                     func(v *notice.Venue) { v.Name = notice.Text{} },
		"name_en":                     func(v *notice.Venue) { v.Name.EN = "a\nb" },
		"address_zh":                  func(v *notice.Venue) { v.Address = notice.Text{EN: "x"} },
		"transport_en":                func(v *notice.Venue) { v.Transport.EN = "<script>" },
		"phone":                       func(v *notice.Venue) { v.Phone = "javascript:1" },
		"time_zone":                   func(v *notice.Venue) { v.TimeZone = "Europe/Berlin" },
		"opening_hours":               func(v *notice.Venue) { v.OpeningHours = make([]notice.Hours, 15) },
		"opening_hours[0].weekdays":   func(v *notice.Venue) { v.OpeningHours[0].Weekdays = []string{"tue", "tue"} },
		"opening_hours[0].open":       func(v *notice.Venue) { v.OpeningHours[0].Open = "9" },
		"opening_hours[0].close":      func(v *notice.Venue) { v.OpeningHours[0].Close = "08:00" },
		"opening_hours[0].last_entry": func(v *notice.Venue) { v.OpeningHours[0].LastEntry = "18:00" },
		"opening_hours[0].note_en":    func(v *notice.Venue) { v.OpeningHours[0].Note = notice.Text{ZH: "x", EN: "\u202ex"} },
		"version":                     func(v *notice.Venue) { v.Version = 7 },
	} {
		v := page()
		spoil(&v)
		_, err := h.PutVenue(t.Context(), by("王"), v)
		require.ErrorContains(t, err, "("+field+")")
	}
	unchanged, err := h.VenueHistory(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, unchanged, 1)
	assert.Equal(t, "王", unchanged[0].Who)
	next := page()
	next.Version = made.Version
	_, err = h.PutVenue(t.Context(), by("李"), next)
	require.NoError(t, err)
	v, err := h.Versions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(2), v.Venue)
}
