package notice_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/sqlstore"
)

// house is a service on a new SQLite file, with a clock that the test sets.
type house struct {
	*notice.Service
	t   *testing.T
	dsn string
	now *atomic.Int64 // Unix ms
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dsn: "sqlite:" + filepath.Join(t.TempDir(), "n.db"), now: &atomic.Int64{}}
	h.now.Store(time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC).UnixMilli())
	h.Service = h.process()
	return h
}

// process is one more process on the same database.
func (h *house) process() *notice.Service {
	h.t.Helper()
	store, err := sqlstore.Open(h.t.Context(), h.dsn, sqlstore.Options{})
	require.NoError(h.t, err)
	h.t.Cleanup(func() { assert.NoError(h.t, store.Close()) })
	s, err := notice.New(store, func() time.Time { return time.UnixMilli(h.now.Load()) }, notice.Options{Registerer: prometheus.NewRegistry()})
	require.NoError(h.t, err)
	return s
}

func (h *house) pass(d time.Duration) { h.now.Add(d.Milliseconds()) }

func (h *house) at(after time.Duration) time.Time {
	return time.UnixMilli(h.now.Load()).Add(after).UTC()
}

func (h *house) version() int64 {
	h.t.Helper()
	v, err := h.Versions(h.t.Context())
	require.NoError(h.t, err)
	return v.Announcements
}

func content(title string) notice.Content {
	return notice.Content{Kind: notice.KindNotice, Title: notice.Text{ZH: title}, Body: notice.Text{ZH: "正文"}}
}

func by(who string) ticketing.Call { return ticketing.Call{Actor: who} }

func (h *house) draft(c notice.Content) notice.Announcement {
	h.t.Helper()
	a, err := h.Create(h.t.Context(), by("王"), c)
	require.NoError(h.t, err)
	return a
}

func (h *house) published(c notice.Content) notice.Announcement {
	h.t.Helper()
	a, err := h.Publish(h.t.Context(), by("王"), h.draft(c).ID)
	require.NoError(h.t, err)
	return a
}

func titles(t *testing.T, s *notice.Service, q notice.Query) []string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	page, err := s.Board(t.Context(), q)
	require.NoError(t, err)
	out := []string{}
	for _, a := range page.Announcements {
		out = append(out, a.Title.ZH)
	}
	return out
}

// TestSchedule follows one announcement through its life by the clock alone, as
// two processes see it, and holds that the version grows exactly when what they
// show changes.
func TestSchedule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.process()
	start := h.version()
	a := h.draft(content("闭馆"))
	_, err := h.Schedule(t.Context(), by("李"), a.ID, h.at(time.Hour), h.at(3*time.Hour))
	require.NoError(t, err)
	var shown []string
	last := start
	for step := range 8 { // half an hour each
		both := titles(t, h.Service, notice.Query{})
		assert.Equal(t, both, titles(t, other, notice.Query{}), "step %d", step)
		v := h.version()
		if fmt.Sprint(both) == fmt.Sprint(shown) || step == 0 {
			assert.Equal(t, last, v, "step %d: nothing else is shown", step)
		} else {
			assert.Equal(t, last+1, v, "step %d: something else is shown", step)
		}
		shown, last = both, v
		read, err := h.Get(t.Context(), a.ID)
		require.NoError(t, err)
		state := h.StateOf(read)
		want := map[bool]notice.State{step < 2: notice.StateScheduled, step >= 2 && step < 6: notice.StatePublished, step >= 6: notice.StateWithdrawn}[true]
		assert.Equal(t, want, state, "step %d", step)
		assert.Equal(t, want == notice.StatePublished, len(both) == 1, "step %d", step)
		h.pass(30 * time.Minute)
	}
	assert.Equal(t, start+2, last, "once shown, once withdrawn")
	restarted := h.process()
	v, err := restarted.Versions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, last, v.Announcements, "versions survive a restart")
}

// TestVersions holds that the version grows by one when visitors read something
// else, whatever the house does behind it.
func TestVersions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.draft(content("一"))
	grows := func(what string, by int64, do func() error) {
		t.Helper()
		before := h.version()
		require.NoError(t, do(), what)
		assert.Equal(t, before+by, h.version(), what)
	}
	call, ctx := by("王"), t.Context()
	grows("a draft is changed", 0, func() error { _, err := h.Change(ctx, call, a.ID, content("二"), 0); return err })
	grows("it is scheduled", 0, func() error { _, err := h.Schedule(ctx, call, a.ID, h.at(time.Hour), time.Time{}); return err })
	grows("it is scheduled anew", 0, func() error {
		_, err := h.Schedule(ctx, call, a.ID, h.at(2*time.Hour), h.at(4*time.Hour))
		return err
	})
	grows("it is published before its time", 1, func() error { _, err := h.Publish(ctx, call, a.ID); return err })
	grows("it is published again", 0, func() error { _, err := h.Publish(ctx, call, a.ID); return err })
	grows("it is changed", 1, func() error { _, err := h.Change(ctx, call, a.ID, content("三"), 0); return err })
	grows("it is saved as it is", 0, func() error { _, err := h.Change(ctx, call, a.ID, content("三"), 0); return err })
	grows("its end is moved", 0, func() error { _, err := h.Schedule(ctx, call, a.ID, time.Time{}, h.at(time.Hour)); return err })
	grows("its end comes", 1, func() error { h.pass(time.Hour); return nil })
	grows("it is withdrawn, which it is", 0, func() error { _, err := h.Withdraw(ctx, call, a.ID); return err })
	b := h.draft(content("四"))
	grows("a scheduled one is withdrawn before its time", 0, func() error {
		_, err := h.Schedule(ctx, call, b.ID, h.at(time.Hour), time.Time{})
		if err == nil {
			_, err = h.Withdraw(ctx, call, b.ID)
		}
		h.pass(2 * time.Hour)
		return err
	})
	c := h.published(content("五"))
	grows("one is withdrawn", 1, func() error { _, err := h.Withdraw(ctx, call, c.ID); return err })
	assert.Empty(t, titles(t, h.Service, notice.Query{}))
}

func TestLifeRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, call := t.Context(), by("王")
	draft, shown, gone := h.draft(content("稿")), h.published(content("示")), h.published(content("撤"))
	_, err := h.Withdraw(ctx, call, gone.ID)
	require.NoError(t, err)
	schedule := func(id string, from, until time.Time) error {
		_, err := h.Schedule(ctx, call, id, from, until)
		return err
	}
	change := func(id string, c notice.Content, version int64) error {
		_, err := h.Change(ctx, call, id, c, version)
		return err
	}
	rules, elsewhere := content("x"), content("x")
	rules.Kind, elsewhere.Pool = notice.KindRules, "main"
	never := time.Time{}
	for name, c := range map[string]struct {
		got, want error
		field     string
	}{
		"nobody's":                  {schedule("none", h.at(time.Hour), never), ticketing.ErrNotFound, ""},
		"no beginning":              {schedule(draft.ID, never, h.at(time.Hour)), ticketing.ErrInvalidField, "publish_at"},
		"a past beginning":          {schedule(draft.ID, h.at(0), never), ticketing.ErrInvalidField, "publish_at"},
		"a beginning in ten years":  {schedule(draft.ID, h.at(88000*time.Hour), never), ticketing.ErrInvalidField, "publish_at"},
		"an end before it":          {schedule(draft.ID, h.at(2*time.Hour), h.at(time.Hour)), ticketing.ErrInvalidField, "withdraw_at"},
		"an end at it":              {schedule(draft.ID, h.at(time.Hour), h.at(time.Hour)), ticketing.ErrInvalidField, "withdraw_at"},
		"a past end":                {schedule(shown.ID, never, h.at(0)), ticketing.ErrInvalidField, "withdraw_at"},
		"a second beginning":        {schedule(shown.ID, h.at(time.Hour), never), ticketing.ErrInvalidField, "publish_at"},
		"a withdrawn one scheduled": {schedule(gone.ID, h.at(time.Hour), never), ticketing.ErrInvalidState, ""},
		"a withdrawn one changed":   {change(gone.ID, content("x"), 0), ticketing.ErrInvalidState, ""},
		"another kind":              {change(shown.ID, rules, 0), ticketing.ErrInvalidField, "kind"},
		"another pool":              {change(shown.ID, elsewhere, 0), ticketing.ErrInvalidField, "pool"},
		"an old version":            {change(shown.ID, content("x"), 1), notice.ErrVersionConflict, "version"},
	} {
		require.ErrorIs(t, c.got, c.want, name)
		refusal, ok := errors.AsType[*ticketing.Error](c.got)
		require.True(t, ok)
		assert.Equal(t, c.field, refusal.Field, name)
	}
	_, err = h.Publish(ctx, call, gone.ID)
	require.ErrorIs(t, err, ticketing.ErrInvalidState)
	_, err = h.Create(ctx, call, elsewhere)
	require.ErrorIs(t, err, ticketing.ErrInvalidField, "a pool that does not exist")
	_, err = h.Create(ctx, by(strings.Repeat("x", 200)), content("x"))
	require.ErrorIs(t, err, ticketing.ErrInvalidField, "an operator's name of 200 bytes")
	_, err = h.Create(ctx, ticketing.Call{IdempotencyKey: strings.Repeat("k", 201)}, content("x"))
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	history, err := h.History(ctx, shown.ID, 0, 10)
	require.NoError(t, err)
	assert.Len(t, history, 2, "refusals leave no trace")
}

// TestTooMany holds that no more is shown than is kept in memory.
func TestTooMany(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.published(content("0"))
	for i := range notice.MaxShown - 1 {
		h.published(content(fmt.Sprint(i)))
	}
	one := h.draft(content("more"))
	_, err := h.Publish(t.Context(), by("王"), one.ID)
	require.ErrorIs(t, err, notice.ErrTooMany)
	_, err = h.Schedule(t.Context(), by("王"), one.ID, h.at(time.Hour), time.Time{})
	require.ErrorIs(t, err, notice.ErrTooMany)
	_, err = h.Withdraw(t.Context(), by("王"), first.ID)
	require.NoError(t, err)
	_, err = h.Publish(t.Context(), by("王"), one.ID)
	require.NoError(t, err)
}

func TestHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.published(content("一"))
	h.pass(time.Minute)
	_, err := h.Change(t.Context(), by("李"), a.ID, content("二"), 2)
	require.NoError(t, err)
	_, err = h.Withdraw(t.Context(), ticketing.Call{}, a.ID)
	require.NoError(t, err)
	found, err := h.History(t.Context(), a.ID, 0, 10)
	require.NoError(t, err)
	var whats, whos []string
	for i, r := range found {
		assert.Equal(t, int64(i+1), r.Version)
		whats, whos = append(whats, r.What), append(whos, r.Who)
	}
	assert.Equal(t, []string{"create", "publish", "change", "withdraw"}, whats)
	assert.Equal(t, []string{"王", "王", "李", "operations"}, whos)
	assert.Contains(t, string(found[1].After), `"zh":"一"`, "old versions are kept")
	assert.Contains(t, string(found[2].After), `"zh":"二"`)
	assert.Equal(t, time.Minute, found[2].At.Sub(found[1].At))
	_, err = h.History(t.Context(), "none", 0, 10)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	_, err = h.History(t.Context(), a.ID, 0, 0)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

// TestIdempotency holds that a key makes one thing, and another request is told.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("one")}
	first, err := h.Create(t.Context(), call, content("一"))
	require.NoError(t, err)
	again, err := h.Create(t.Context(), call, content("一"))
	require.NoError(t, err)
	assert.Equal(t, first, again)
	call.Request = []byte("two")
	_, err = h.Create(t.Context(), call, content("二"))
	require.ErrorIs(t, err, ticketing.ErrIdempotencyMismatch)
	all, err := h.List(t.Context(), notice.Filter{Limit: 10})
	require.NoError(t, err)
	assert.Len(t, all, 1)
}

// TestTwoEditors holds that of two changes to the same version one is refused
// and told the version there is.
func TestTwoEditors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.process()
	a := h.draft(content("一"))
	_, err := h.Change(t.Context(), by("王"), a.ID, content("二"), a.Version)
	require.NoError(t, err)
	_, err = other.Change(t.Context(), by("李"), a.ID, content("三"), a.Version)
	require.ErrorIs(t, err, notice.ErrVersionConflict)
	refusal, ok := errors.AsType[*ticketing.Error](err)
	require.True(t, ok)
	assert.Equal(t, int64(2), refusal.Version)
}
