package alert_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

// house keeps alerts and what was told, each key once, as the outbox does.
type house struct {
	*alert.Service
	mu   sync.Mutex
	now  time.Time
	keys map[string]bool
	told []notify.Message
}

func (h *house) Append(_ context.Context, _ *sql.Tx, m notify.Message) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := m.Validate(); err != nil {
		return 0, err
	}
	if h.keys[m.Key] {
		return 0, nil
	}
	h.keys[m.Key] = true
	h.told = append(h.told, m)
	return 1, nil
}

func (h *house) Wake() {}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		zone := time.FixedZone("CST", 8*3600)
		h := &house{now: time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC), keys: map[string]bool{}}
		var err error
		h.Service, err = alert.New(t.Context(), db, "museum", h, alert.Options{Now: func() time.Time { return h.now }, Zone: zone, Console: "https://console.example.org"})
		require.NoError(t, err)
		test(t, h)
	})
}

func surge(pools ...string) alert.Finding {
	return alert.Finding{
		Pattern: alert.HostileSurge, Severity: notify.Warning, Pools: pools, Accounts: 1204,
		What: alert.Text{ZH: "异常流量激增", EN: "hostile traffic surges"}, Evidence: alert.Text{ZH: "异常流量 83 %", EN: "83 % hostile"},
		Done: alert.Text{ZH: "已验证 912 个账号", EN: "challenged 912 accounts"}, Next: alert.Text{ZH: "查看总览", EN: "look at the overview"},
		Path: "/overview",
	}
}

func (h *house) report(t *testing.T, findings ...alert.Finding) {
	t.Helper()
	require.NoError(t, h.Report(t.Context(), findings...))
}

func (h *house) one(t *testing.T) alert.Alert {
	t.Helper()
	list, err := h.List(t.Context(), alert.Filter{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

// pass lets time go on, with the pattern found every 10 s and time's work done.
func (h *house) pass(t *testing.T, d time.Duration, findings ...alert.Finding) {
	t.Helper()
	for end := h.now.Add(d); h.now.Before(end); {
		h.now = h.now.Add(10 * time.Second)
		h.report(t, findings...)
		require.NoError(t, h.Tend(t.Context()))
	}
}

func (h *house) kinds() (out []notify.Kind) {
	for _, m := range h.told {
		out = append(out, m.Kind)
	}
	return out
}

func TestOneAlertAPattern(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.report(t, surge("spring"))
		h.now = h.now.Add(5 * time.Second)
		worse := surge("autumn", "spring")
		worse.Accounts = 900
		h.report(t, worse)
		h.report(t, surge("spring"))
		a := h.one(t)
		assert.Equal(t, alert.Firing, a.State)
		assert.Equal(t, []string{"autumn", "spring"}, a.Pools)
		assert.Equal(t, 1204, a.Accounts, "the most that was seen")
		assert.Equal(t, 5*time.Second, a.LastSeen.Sub(a.Since))
		assert.Equal(t, 30*time.Minute, a.Due.Sub(a.Since))
		require.Equal(t, []notify.Kind{notify.AlertFired}, h.kinds(), "told once")
		m := h.told[0]
		assert.Equal(t, "https://console.example.org/alerts/"+a.ID, m.Link)
		assert.Equal(t, "2026-11-22 09:30:00", m.Fields["since"], "the venue's clock")

		rule := surge()
		rule.Pattern, rule.Group = alert.RuleOffNorm, "rotation"
		other := rule
		other.Group = "pace"
		h.report(t, rule, other)
		list, err := h.List(t.Context(), alert.Filter{Pattern: alert.RuleOffNorm, Open: true})
		require.NoError(t, err)
		assert.Len(t, list, 2, "rules misbehave one by one")
	})
}

func TestWhatIsOverIsClosedAndToldAndMayComeAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.report(t, surge("spring"))
		h.pass(t, 3*time.Minute, surge("spring"))
		assert.Equal(t, alert.Firing, h.one(t).State)
		h.pass(t, 2*time.Minute)
		a := h.one(t)
		assert.Equal(t, alert.Closed, a.State)
		assert.Empty(t, a.ClosedBy, "by itself")
		assert.Equal(t, []notify.Kind{notify.AlertFired, notify.AlertClosed}, h.kinds())
		h.report(t, surge("spring"))
		list, err := h.List(t.Context(), alert.Filter{})
		require.NoError(t, err)
		assert.Len(t, list, 2)
	})
}

// TestWhatWasClosedByHandStaysClosedWhileItLasts: somebody looked, and said what
// it was.
func TestWhatWasClosedByHandStaysClosedWhileItLasts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		warned := surge("main")
		warned.Severity = notify.Warning
		h.report(t, warned)
		first := h.one(t)
		_, err := h.Close(t.Context(), first.ID, "wang", "a school class")
		require.NoError(t, err)
		h.pass(t, 10*time.Minute, warned)
		assert.Equal(t, h.now, h.one(t).LastSeen, "it is known how long it went on")
		assert.Equal(t, []notify.Kind{notify.AlertFired}, h.kinds())

		worse := warned
		worse.Severity = notify.Urgent
		h.report(t, worse)
		open, err := h.List(t.Context(), alert.Filter{Open: true})
		require.NoError(t, err)
		require.Len(t, open, 1, "that is not what was looked at")
		_, err = h.Close(t.Context(), open[0].ID, "wang", "blocked by hand")
		require.NoError(t, err)

		h.now = h.now.Add(3 * time.Minute)
		h.report(t, warned)
		open, err = h.List(t.Context(), alert.Filter{Open: true})
		require.NoError(t, err)
		assert.Len(t, open, 1, "it was away and came back")
	})
}

func TestANoticeIsNotEscalated(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		notice := surge("main")
		notice.Severity = notify.Notice
		h.pass(t, 40*time.Minute, notice)
		assert.Equal(t, []notify.Kind{notify.AlertFired}, h.kinds())
		assert.Zero(t, h.one(t).NextEscalation)
		notice.Severity = notify.Warning
		h.pass(t, 11*time.Minute, notice)
		assert.Equal(t, []notify.Kind{notify.AlertFired, notify.AlertFired, notify.AlertEscalated}, h.kinds(), "from when it was more")
	})
}

func TestWhatGetsWorseIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		mild := surge("spring")
		mild.Severity = notify.Notice
		h.report(t, mild)
		h.report(t, surge("spring"))
		h.report(t, mild)
		assert.Equal(t, notify.Warning, h.one(t).Severity, "it keeps what it has reached")
		require.Len(t, h.told, 2)
		assert.Equal(t, notify.Warning, h.told[1].Severity)
	})
}

func TestNobodyTakesIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.report(t, surge("spring"))
		h.pass(t, 10*time.Minute, surge("spring"))
		assert.Equal(t, []notify.Kind{notify.AlertFired, notify.AlertEscalated}, h.kinds())
		assert.Equal(t, notify.Urgent, h.told[1].Severity, "to every channel")
		assert.Equal(t, "10", h.told[1].Fields["waited"])
		a := h.one(t)
		assert.Equal(t, 1, a.Escalated)
		assert.Equal(t, a.Due, a.NextEscalation)
		h.pass(t, time.Hour, surge("spring"))
		assert.Equal(t, []notify.Kind{notify.AlertFired, notify.AlertEscalated, notify.AlertEscalated}, h.kinds(), "at the target, and no more")
	})
}

func TestOneTakesItAndAnotherIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.report(t, surge("spring"))
		h.pass(t, 4*time.Minute, surge("spring"))
		id := h.one(t).ID
		a, err := h.Acknowledge(t.Context(), id, "li.na")
		require.NoError(t, err)
		assert.Equal(t, 4*time.Minute, a.AckedAt.Sub(a.Since))
		_, err = h.Acknowledge(t.Context(), id, "li.na")
		require.NoError(t, err, "twice is once")
		_, err = h.Acknowledge(t.Context(), id, "wang")
		require.ErrorIs(t, err, alert.ErrConflict)
		require.ErrorContains(t, err, "li.na took it at 2026-11-22T01:34:00Z")
		h.pass(t, time.Hour, surge("spring"))
		assert.Equal(t, []notify.Kind{notify.AlertFired}, h.kinds(), "no escalation")
		_, err = h.Close(t.Context(), id, "wang", "school holiday")
		require.NoError(t, err)
		_, err = h.Close(t.Context(), id, "li.na", "an attack")
		require.ErrorIs(t, err, alert.ErrConflict)
		_, err = h.Acknowledge(t.Context(), id, "li.na")
		require.ErrorIs(t, err, alert.ErrConflict)
		assert.Equal(t, "school holiday", h.one(t).Note)
		_, err = h.Acknowledge(t.Context(), "none", "li.na")
		require.ErrorIs(t, err, alert.ErrNotFound)
	})
}

func TestTwoPeopleAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.report(t, surge("spring"))
		id := h.one(t).ID
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = h.Acknowledge(t.Context(), id, fmt.Sprint("operator", i)) })
		}
		all.Wait()
		taken := 0
		for _, err := range errs {
			if err == nil {
				taken++
				continue
			}
			require.ErrorIs(t, err, alert.ErrConflict)
		}
		assert.Equal(t, 1, taken)
	})
}

func TestSilence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x := alert.Silence{Pattern: alert.HostileSurge, Pool: "spring", Reason: "a load test", By: "li.na", Until: h.now.Add(30 * time.Minute)}
		x, covered, err := h.Silence(t.Context(), x)
		require.NoError(t, err)
		assert.Empty(t, covered)
		h.report(t, surge("spring"))
		a := h.one(t)
		assert.Equal(t, x.ID, a.Silence)
		assert.Equal(t, x.Until, a.SilencedUntil)
		preview, err := h.Preview(t.Context(), alert.Silence{Pool: "spring", Until: h.now.Add(time.Hour)})
		require.NoError(t, err)
		assert.Len(t, preview, 1)
		preview, err = h.Preview(t.Context(), alert.Silence{Pool: "autumn", Until: h.now.Add(time.Hour)})
		require.NoError(t, err)
		assert.Empty(t, preview)

		h.pass(t, 19*time.Minute, surge("spring"))
		assert.Empty(t, h.told, "neither told nor escalated")
		h.pass(t, 2*time.Minute, surge("spring"))
		require.Equal(t, []notify.Kind{notify.SilenceEnding}, h.kinds())
		assert.Equal(t, "2026-11-22 10:00:00", h.told[0].Fields["until"])
		h.pass(t, 10*time.Minute, surge("spring"))
		assert.Equal(t, []notify.Kind{notify.SilenceEnding, notify.AlertFired, notify.AlertEscalated}, h.kinds(), "it is still there, and nobody has taken it for half an hour")
		assert.Empty(t, h.one(t).Silence)
	})
}

func TestASilenceCoversNoMoreThanItSays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, _, err := h.Silence(t.Context(), alert.Silence{Pool: "spring", Reason: "a load test", By: "li.na", Until: h.now.Add(time.Hour)})
		require.NoError(t, err)
		h.report(t, surge("spring"))
		assert.Empty(t, h.told)
		h.report(t, surge("spring", "autumn"))
		assert.Len(t, h.told, 1, "it has spread")
	})
}

func TestSilencesEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		idle, _, err := h.Silence(t.Context(), alert.Silence{Pattern: alert.PoolDrained, Reason: "a load test", By: "li.na", Until: h.now.Add(20 * time.Hour)})
		require.NoError(t, err)
		h.pass(t, 61*time.Minute)
		list, err := h.Silences(t.Context(), false)
		require.NoError(t, err)
		assert.Empty(t, list)
		list, err = h.Silences(t.Context(), true)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, "idle", list[0].EndedBy)
		require.ErrorIs(t, h.EndSilence(t.Context(), idle.ID, "wang"), alert.ErrNotFound)

		x, _, err := h.Silence(t.Context(), alert.Silence{Pattern: alert.HostileSurge, Reason: "a load test", By: "li.na", Until: h.now.Add(time.Hour)})
		require.NoError(t, err)
		h.report(t, surge("spring"))
		require.NoError(t, h.EndSilence(t.Context(), x.ID, "wang"))
		require.NoError(t, h.Tend(t.Context()))
		assert.Equal(t, []notify.Kind{notify.AlertFired}, h.kinds())
	})
}

func TestBadInputChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		err := h.Report(t.Context(), surge("spring"), alert.Finding{Pattern: "x", Severity: "y", Accounts: -1, Group: strings.Repeat("g", 201), Pools: make([]string, 51), Path: strings.Repeat("p", 301), Done: alert.Text{ZH: strings.Repeat("d", 401)}})
		require.ErrorIs(t, err, alert.ErrBadInput)
		for _, want := range []string{"finding 1", `pattern "x"`, `severity "y"`, "accounts -1", "group:", "pools:", "path:", "what:", "evidence:", "done:", "next:"} {
			require.ErrorContains(t, err, want)
		}
		list, err := h.List(t.Context(), alert.Filter{})
		require.NoError(t, err)
		assert.Empty(t, list)
		for _, x := range []alert.Silence{
			{Reason: "everything", By: "li.na", Until: h.now.Add(time.Hour)},
			{Pool: "spring", Reason: "too long", By: "li.na", Until: h.now.Add(25 * time.Hour)},
			{Pool: "spring", Reason: "past", By: "li.na", Until: h.now},
			{Pool: "spring", Reason: "x", By: "li.na", Until: h.now.Add(time.Hour)},
			{Pool: "spring", Reason: "a reason", Until: h.now.Add(time.Hour)},
			{Pattern: "x", Reason: "a reason", By: "li.na", Until: h.now.Add(time.Hour)},
		} {
			_, _, err := h.Silence(t.Context(), x)
			require.ErrorIs(t, err, alert.ErrBadInput, "%+v", x)
		}
		_, err = h.Close(t.Context(), "x", "li.na", "")
		require.ErrorIs(t, err, alert.ErrBadInput)
		_, err = h.Acknowledge(t.Context(), "x", "")
		require.ErrorIs(t, err, alert.ErrBadInput)
		_, err = h.List(t.Context(), alert.Filter{State: "x"})
		require.ErrorIs(t, err, alert.ErrBadInput)
		_, err = h.List(t.Context(), alert.Filter{Pattern: "x"})
		require.ErrorIs(t, err, alert.ErrBadInput)
		_, err = h.Months(t.Context(), 0)
		require.ErrorIs(t, err, alert.ErrBadInput)
		assert.False(t, alert.State("").Valid() || alert.Pattern("").Valid())
	})
}

func TestMonths(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		// In Shanghai it is the first of December already.
		h.now = time.Date(2026, 11, 30, 15, 50, 0, 0, time.UTC)
		for i, wait := range []time.Duration{5 * time.Minute, 40 * time.Minute, -1, time.Minute} {
			f := surge("spring")
			f.Group = fmt.Sprint(i)
			h.report(t, f)
			if list, err := h.List(t.Context(), alert.Filter{Open: true}); assert.NoError(t, err) && wait >= 0 {
				h.now = h.now.Add(wait)
				_, err := h.Close(t.Context(), list[0].ID, "li.na", "done with it")
				require.NoError(t, err)
			}
		}
		notice := surge("spring")
		notice.Severity = notify.Notice
		h.report(t, notice)
		months, err := h.Months(t.Context(), 12)
		require.NoError(t, err)
		assert.Equal(t, []alert.Month{
			{Month: "2026-12", Alerts: 2, Taken: 1, InTime: 1, Median: time.Minute, Slowest: time.Minute},
			{Month: "2026-11", Alerts: 2, Taken: 2, InTime: 1, Median: 40 * time.Minute, Slowest: 40 * time.Minute},
		}, months)
		h.now = h.now.AddDate(2, 0, 0)
		require.NoError(t, h.Tend(t.Context()))
		h.now = h.now.AddDate(2, 0, 0)
		require.NoError(t, h.Tend(t.Context()))
		list, err := h.List(t.Context(), alert.Filter{})
		require.NoError(t, err)
		assert.Empty(t, list, "forgotten")
	})
}
