package checkin_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	id, key := f.register("one", "north")
	ctx, nonce := t.Context(), uuid.NewString()
	first, err := f.SignIn(ctx, f.signed(id, key, nonce, f.clock(), "1.0"))
	require.NoError(t, err)
	assert.Equal(t, f.clock().Add(12*time.Hour), first.ExpiresAt)
	assert.Empty(t, first.Notices)
	assert.Equal(t, "north", first.Terminal.Gate)

	_, err = f.SignIn(ctx, f.signed(id, key, nonce, f.clock(), "1.0"))
	require.ErrorIs(t, err, checkin.ErrReplayed)
	spoilt := f.signed(id, key, uuid.NewString(), f.clock(), "1.0")
	spoilt.AppVersion = "9.9"
	_, err = f.SignIn(ctx, spoilt)
	require.ErrorIs(t, err, checkin.ErrUnauthenticated, "everything is signed")
	_, err = f.SignIn(ctx, f.signed(id, checkin.NewKey(), uuid.NewString(), f.clock(), "1.0"))
	require.ErrorIs(t, err, checkin.ErrUnauthenticated)
	_, err = f.SignIn(ctx, f.signed(uuid.NewString(), key, uuid.NewString(), f.clock(), "1.0"))
	require.ErrorIs(t, err, checkin.ErrUnauthenticated)

	second, err := f.SignIn(ctx, f.signed(id, key, uuid.NewString(), f.clock(), "1.0"))
	require.NoError(t, err)
	_, err = f.Authenticate(ctx, first.Token)
	require.ErrorIs(t, err, checkin.ErrUnauthenticated, "a new session ends the old one")
	got, err := f.Authenticate(ctx, second.Token)
	require.NoError(t, err)
	assert.Equal(t, id, got.ID)

	require.NoError(t, f.SignOut(ctx, second.Token))
	_, err = f.Authenticate(ctx, second.Token)
	require.ErrorIs(t, err, checkin.ErrUnauthenticated)
	require.ErrorIs(t, f.SignOut(ctx, second.Token), checkin.ErrUnauthenticated)

	third, err := f.SignIn(ctx, f.signed(id, key, uuid.NewString(), f.clock(), "1.0"))
	require.NoError(t, err)
	f.pass(12 * time.Hour)
	_, err = f.Authenticate(ctx, third.Token)
	require.ErrorIs(t, err, checkin.ErrUnauthenticated, "it has run out")
	for _, bad := range []string{"", "FGTS1.", "FGTS1.a.b", third.Token + "x", third.Token[:len(third.Token)-4]} {
		_, err := f.Authenticate(ctx, bad)
		require.ErrorIs(t, err, checkin.ErrUnauthenticated, bad)
	}
}

func TestSignInNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	id, key := f.register("one", "north")
	for field, spoil := range map[string]func(*checkin.SignIn){
		"terminal_id": func(in *checkin.SignIn) { in.TerminalID = "" },
		"nonce":       func(in *checkin.SignIn) { in.Nonce = "?" },
		"clock":       func(in *checkin.SignIn) { in.Clock = time.Time{} },
		"app_version": func(in *checkin.SignIn) { in.AppVersion = "one" },
	} {
		in := f.signed(id, key, uuid.NewString(), f.clock(), "1.0")
		spoil(&in)
		_, err := f.SignIn(t.Context(), in)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, field)
		assert.Equal(t, []any{ticketing.CodeInvalidField, field}, []any{refused.Code, refused.Field})
	}
}

func TestFailedSignInsAreLimited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	id, key := f.register("one", "north")
	other, otherKey := f.register("two", "north")
	for range 10 {
		_, err := f.SignIn(t.Context(), f.signed(id, checkin.NewKey(), uuid.NewString(), f.clock(), "1.0"))
		require.ErrorIs(t, err, checkin.ErrUnauthenticated)
	}
	_, err := f.SignIn(t.Context(), f.signed(id, key, uuid.NewString(), f.clock(), "1.0"))
	require.ErrorIs(t, err, checkin.ErrTooOften)
	_, err = f.SignIn(t.Context(), f.signed(other, otherKey, uuid.NewString(), f.clock(), "1.0"))
	require.NoError(t, err)
	f.pass(10 * time.Second)
	_, err = f.SignIn(t.Context(), f.signed(id, key, uuid.NewString(), f.clock(), "1.0"))
	require.NoError(t, err)
}

// TestAWrongClockWorksAndIsTold holds that on line the service's clock judges.
func TestAWrongClockWorksAndIsTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, ticket := f.one(1)
	f.visit()
	id, key := f.register("one", "north")
	fast := f.clock().Add(48*time.Hour + 1500*time.Microsecond)
	session, err := f.SignIn(t.Context(), f.signed(id, key, uuid.NewString(), fast, "1.0"))
	require.NoError(t, err)
	assert.Equal(t, 48*time.Hour+time.Millisecond, session.Skew)
	require.Len(t, session.Notices, 1)
	assert.Equal(t, "clock_skew", session.Notices[0].Code)
	got, err := f.Scan(t.Context(), session.Token, checkin.Attempt{Nonce: uuid.NewString(), Code: ticket.codes[0], ScannedAt: fast})
	require.NoError(t, err)
	assert.True(t, got.Accepted)
	assert.Equal(t, f.clock(), got.At)
	assert.Equal(t, 48*time.Hour+time.Millisecond, got.Skew)
	assert.Len(t, got.Notices, 1)

	status, err := f.Heartbeat(t.Context(), session.Token, f.clock().Add(-2*time.Minute), "1.1")
	require.NoError(t, err)
	assert.Empty(t, status.Notices, "within the bound")
	assert.Equal(t, -2*time.Minute, status.Skew)
	all, _, err := f.Terminals(t.Context(), "", 100)
	require.NoError(t, err)
	assert.Equal(t, []any{"1.1", -2 * time.Minute, f.clock()}, []any{all[0].AppVersion, all[0].Skew, all[0].SeenAt})
	_, err = f.Heartbeat(t.Context(), session.Token, time.Time{}, "1.1")
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.Heartbeat(t.Context(), session.Token, f.clock(), "")
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

func TestUpgradeNotice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	g := f.gate("one", "north")
	app := checkin.App{Kind: checkin.Handheld, Minimum: "1.9", Latest: "2.10.0", NoticeZH: "请升级", NoticeEN: "Please upgrade", URL: "https://example.com/app"}
	_, err := f.SetApp(t.Context(), "王", app)
	require.NoError(t, err)
	for version, want := range map[string]checkin.Urgency{"1.8.9": "required", "1.9": "recommended", "2.9.9": "recommended", "2.10": "", "3.0": ""} {
		status, err := f.Heartbeat(t.Context(), g.token, f.clock(), version)
		require.NoError(t, err)
		if want == "" {
			assert.Nil(t, status.Upgrade, version)
			continue
		}
		assert.Equal(t, &checkin.Upgrade{Urgency: want, Version: "2.10.0", NoticeZH: "请升级", NoticeEN: "Please upgrade", URL: "https://example.com/app"}, status.Upgrade, version)
	}
	for field, spoil := range map[string]func(*checkin.App){
		"kind":      func(a *checkin.App) { a.Kind = "phone" },
		"minimum":   func(a *checkin.App) { a.Minimum = "1.x" },
		"latest":    func(a *checkin.App) { a.Latest = "1.8" },
		"notice_zh": func(a *checkin.App) { a.NoticeZH = "" },
		"notice_en": func(a *checkin.App) { a.NoticeEN = "\x00" },
		"url":       func(a *checkin.App) { a.URL = "javascript:alert(1)" },
	} {
		bad := app
		spoil(&bad)
		_, err := f.SetApp(t.Context(), "", bad)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, field)
		assert.Equal(t, []any{ticketing.CodeInvalidField, field}, []any{refused.Code, refused.Field})
	}
	apps, err := f.Apps(t.Context())
	require.NoError(t, err)
	require.Len(t, apps, 1)
	assert.Equal(t, "2.10.0", apps[0].Latest)
}

func TestTheHouseRunsItsTerminals(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	f.pool("other", nil)
	ctx := t.Context()
	setting := checkin.Setting{Name: "one", Kind: checkin.Standing, Gate: "north", Pools: []string{"main"}}
	made, err := f.Register(ctx, "王", "key-1", setting)
	require.NoError(t, err)
	again, err := f.Register(ctx, "王", "key-1", setting)
	require.NoError(t, err)
	assert.Equal(t, made.Terminal.ID, again.Terminal.ID)
	assert.Empty(t, again.Key, "it is stored nowhere")
	changed := setting
	changed.Gate = "south"
	_, err = f.Register(ctx, "王", "key-1", changed)
	require.ErrorIs(t, err, ticketing.ErrIdempotencyMismatch)
	_, err = f.Register(ctx, "王", "", setting)
	require.ErrorIs(t, err, checkin.ErrNameTaken)
	second, err := f.Register(ctx, "李", "", checkin.Setting{Name: "two", Kind: checkin.Handheld, Gate: "north", Pools: []string{"main"}})
	require.NoError(t, err)
	_, err = f.ChangeTerminal(ctx, "李", second.Terminal.ID, setting)
	require.ErrorIs(t, err, checkin.ErrNameTaken)
	changed.Pools = []string{"main", "other"}
	got, err := f.ChangeTerminal(ctx, "李", made.Terminal.ID, changed)
	require.NoError(t, err)
	assert.Equal(t, changed, got.Setting())
	_, err = f.ChangeTerminal(ctx, "李", made.Terminal.ID, changed)
	require.NoError(t, err)
	_, err = f.ChangeTerminal(ctx, "李", "none", changed)
	require.ErrorIs(t, err, ticketing.ErrNotFound)

	key, err := checkin.ParseKey(made.Key)
	require.NoError(t, err)
	rekeyed, err := f.Rekey(ctx, "李", made.Terminal.ID)
	require.NoError(t, err)
	_, err = f.SignIn(ctx, f.signed(made.Terminal.ID, key, uuid.NewString(), f.clock(), "1"))
	require.ErrorIs(t, err, checkin.ErrUnauthenticated, "the former key")
	key, err = checkin.ParseKey(rekeyed.Key)
	require.NoError(t, err)
	session, err := f.SignIn(ctx, f.signed(made.Terminal.ID, key, uuid.NewString(), f.clock(), "1"))
	require.NoError(t, err)
	_, err = f.Revoke(ctx, "李", made.Terminal.ID)
	require.NoError(t, err)
	_, err = f.Revoke(ctx, "李", made.Terminal.ID)
	require.NoError(t, err)
	_, err = f.Scan(ctx, session.Token, checkin.Attempt{Nonce: uuid.NewString(), Code: "x", ScannedAt: f.clock()})
	require.ErrorIs(t, err, checkin.ErrRevoked)
	_, err = f.SignIn(ctx, f.signed(made.Terminal.ID, key, uuid.NewString(), f.clock(), "1"))
	require.ErrorIs(t, err, checkin.ErrRevoked)
	_, err = f.Rekey(ctx, "李", made.Terminal.ID)
	require.ErrorIs(t, err, checkin.ErrRevoked)
	_, err = f.ChangeTerminal(ctx, "李", made.Terminal.ID, changed)
	require.ErrorIs(t, err, checkin.ErrRevoked)
	_, err = f.Register(ctx, "王", "", setting)
	require.NoError(t, err, "a revoked one's name is free")

	changes, err := f.TerminalChanges(ctx, 0, 100)
	require.NoError(t, err)
	var what []string
	for _, c := range changes {
		what = append(what, c.Who+" "+c.What)
		assert.NotContains(t, string(c.Before)+string(c.After), "FGTK1")
	}
	assert.Equal(t, []string{"王 register", "李 register", "李 change", "李 key", "李 revoke", "王 register"}, what)
	_, err = f.TerminalChanges(ctx, 0, 0)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	good := checkin.Setting{Name: "one", Kind: checkin.Standing, Gate: "north", Pools: []string{"main"}}
	for field, spoil := range map[string]func(*checkin.Setting){
		"name":     func(s *checkin.Setting) { s.Name = "a\nb" },
		"kind":     func(s *checkin.Setting) { s.Kind = "robot" },
		"gate":     func(s *checkin.Setting) { s.Gate = "North Gate" },
		"pools":    func(s *checkin.Setting) { s.Pools = nil },
		"pools[1]": func(s *checkin.Setting) { s.Pools = []string{"main", "none"} },
	} {
		bad := good
		spoil(&bad)
		_, err := f.Register(t.Context(), "", "", bad)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, field)
		assert.Equal(t, []any{ticketing.CodeInvalidField, field}, []any{refused.Code, refused.Field})
	}
	_, err := f.Register(t.Context(), "\x07", "", good)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	all, _, err := f.Terminals(t.Context(), "", 100)
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestTerminalsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	for _, name := range []string{"c", "a", "b"} {
		f.gate(name, "north")
	}
	var names []string
	after := ""
	for range 3 {
		page, next, err := f.Terminals(t.Context(), after, 1)
		require.NoError(t, err)
		require.Len(t, page, 1)
		names, after = append(names, page[0].Name), next
	}
	assert.Equal(t, []string{"a", "b", "c"}, names)
	assert.Empty(t, after, "the last page says so")
	_, _, err := f.Terminals(t.Context(), "none", 1)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, _, err = f.Terminals(t.Context(), "", 0)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

// TestRevokedBetween holds that a session found good a moment ago lets nobody
// in once the terminal is revoked by another process.
func TestRevokedBetween(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, ticket := f.one(1)
	f.visit()
	g := f.gate("one", "north")
	require.Equal(t, checkin.NotATicket, g.scan("x").Reason)
	other, err := checkin.New(f.store.CheckIn(), keys(), f.clock, checkin.Options{})
	require.NoError(t, err)
	_, err = other.Revoke(t.Context(), "", g.id)
	require.NoError(t, err)
	_, err = f.Scan(t.Context(), g.token, checkin.Attempt{Nonce: uuid.NewString(), Code: ticket.codes[0], ScannedAt: f.clock()})
	require.ErrorIs(t, err, checkin.ErrRevoked)
	assert.Empty(t, f.checkedIn())
}

func TestKeys(t *testing.T) {
	t.Parallel()
	key := checkin.NewKey()
	back, err := checkin.ParseKey(key.Text())
	require.NoError(t, err)
	assert.Equal(t, key, back)
	assert.NotContains(t, key.String(), key.Text())
	for _, bad := range []string{"", "FGTK1.", key.Text() + "A", key.Text()[1:], "FGTK1.!!!"} {
		_, err := checkin.ParseKey(bad)
		require.ErrorIs(t, err, checkin.ErrKey, bad)
	}
}
