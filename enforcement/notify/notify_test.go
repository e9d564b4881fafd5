package notify_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/notify"
	"fairgate/ingest/seal"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

// house has a robot and a webhook that answer as they are told.
type house struct {
	*notify.Service
	db  *sqldb.DB
	box *seal.Box

	mu    sync.Mutex
	now   time.Time
	fault error
	sent  []notify.Outgoing
}

func (h *house) Send(_ context.Context, o notify.Outgoing) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent = append(h.sent, o)
	return h.fault
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) open(t *testing.T) *notify.Service {
	t.Helper()
	s, err := notify.New(t.Context(), h.db, h.box, map[notify.ChannelKind]notify.Sender{notify.Webhook: h, notify.WeCom: h},
		notify.Options{Now: h.clock, Poll: 5 * time.Millisecond})
	require.NoError(t, err)
	return s
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
		require.NoError(t, err)
		h := &house{db: db, box: box, now: time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)}
		h.Service = h.open(t)
		test(t, h)
	})
}

var signing = "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))

func webhook(name string) notify.Channel {
	return notify.Channel{
		Name: name, Kind: notify.Webhook, Language: notify.English, Least: notify.Warning, Enabled: true,
		Target: notify.Target{URL: "https://hooks.example.org/in?token=s3cret", Key: signing},
	}
}

func robot(name string) notify.Channel {
	return notify.Channel{
		Name: name, Kind: notify.WeCom, Language: notify.Chinese, Least: notify.Notice, Enabled: true,
		Target: notify.Target{URL: "https://robots.example.org/send?key=s3cret"},
	}
}

func message(key string) notify.Message {
	m := notify.AlertFired.Sample(time.Date(2026, 11, 22, 1, 29, 0, 0, time.UTC), "https://console.example.org/alerts/1")
	m.Key = key
	return m
}

func (h *house) put(t *testing.T, c notify.Channel) notify.Channel {
	t.Helper()
	c, err := h.Put(t.Context(), c, "li.na")
	require.NoError(t, err)
	return c
}

func (h *house) deliveries(t *testing.T) []notify.Delivery {
	t.Helper()
	list, err := h.Deliveries(t.Context(), notify.Filter{})
	require.NoError(t, err)
	return list
}

func (h *house) work(t *testing.T) {
	t.Helper()
	require.NoError(t, h.Work(t.Context()))
}

func TestAMessageGoesOnceOverEveryChannelThatTakesIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, webhook("ops"))
		h.put(t, robot("值班群"))
		quiet := webhook("only urgent")
		quiet.Least = notify.Urgent
		h.put(t, quiet)
		off := robot("off")
		off.Enabled = false
		h.put(t, off)
		other := robot("closings")
		other.Only = []notify.Kind{notify.AlertClosed}
		h.put(t, other)

		n, err := h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		n, err = h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		assert.Zero(t, n, "told before")

		h.work(t)
		h.work(t)
		require.Len(t, h.sent, 2)
		for _, o := range h.sent {
			want := notify.Text{Title: "a pool drains too fast (since 2026-11-22 09:30:00)", Body: "83 % hostile, about 1,204 accounts, pools: spring-festival.\nDone automatically: challenged 912 accounts.\nNext: look at the live release."}
			if o.Language == notify.Chinese {
				want = notify.Text{Title: "票池被过快抢占（自 2026-11-22 09:30:00）", Body: "异常流量 83 %，涉及约 1,204 个账号，票池：spring-festival。\n已自动：已验证 912 个账号。\n建议：查看放票实况。"}
			}
			assert.Equal(t, want, o.Text)
			assert.Contains(t, o.Target.URL, "s3cret", "the sender needs it")
		}
		for _, d := range h.deliveries(t) {
			assert.Equal(t, notify.StateSent, d.State)
			assert.Equal(t, 1, d.Attempts)
		}
	})
}

func TestAnHourOfFailuresLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, webhook("ops"))
		_, err := h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		h.fault = errors.New("hooks.example.org answered 500")
		for range 60 {
			h.work(t)
			h.later(time.Minute)
		}
		d := h.deliveries(t)[0]
		assert.Equal(t, notify.StateQueued, d.State)
		assert.Equal(t, "hooks.example.org answered 500", d.LastError)
		assert.False(t, d.Next.IsZero())
		assert.Less(t, len(h.sent), 20, "with back-off")
		h.fault = nil
		h.later(10 * time.Minute)
		h.work(t)
		assert.Equal(t, notify.StateSent, h.deliveries(t)[0].State)
		for _, o := range h.sent {
			assert.Equal(t, d.ID, o.ID, "one id over all attempts")
		}
	})
}

func TestHowAttemptsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		fault error
		by    func(string) notify.Channel
		want  notify.State
		pause time.Duration
	}{
		"refused":            {notify.ErrRefused, webhook, notify.StateFailed, 0},
		"webhook unanswered": {notify.ErrUnanswered, webhook, notify.StateQueued, 2 * time.Second},
		"robot unanswered":   {notify.ErrUnanswered, robot, notify.StateUnknown, 0},
		"robot away":         {errors.New("refused the connection"), robot, notify.StateQueued, 2 * time.Second},
		"robot busy":         {&notify.Busy{After: time.Minute, Err: errors.New("too fast")}, robot, notify.StateQueued, time.Minute},
		"busy for a week":    {&notify.Busy{After: 7 * 24 * time.Hour, Err: errors.New("too fast")}, robot, notify.StateQueued, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.put(t, c.by("a"))
				_, err := h.Service.Send(t.Context(), message("alert/1"))
				require.NoError(t, err)
				h.fault = fmt.Errorf("attempt: %w", c.fault)
				h.work(t)
				d := h.deliveries(t)[0]
				assert.Equal(t, c.want, d.State)
				if c.want == notify.StateQueued {
					assert.Equal(t, h.now.Add(c.pause), d.Next)
					h.later(25 * time.Hour)
					h.work(t)
					assert.Equal(t, notify.StateFailed, h.deliveries(t)[0].State, "given up")
					return
				}
				require.NoError(t, h.Again(t.Context(), d.ID))
				h.fault = nil
				h.work(t)
				assert.Equal(t, notify.StateSent, h.deliveries(t)[0].State)
				require.ErrorIs(t, h.Again(t.Context(), d.ID), notify.ErrNotFound, "it was taken")
			})
		})
	}
}

// A worker that dies while sending leaves its delivery in state sending.
func TestAWorkerThatDiesWhileSending(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, webhook("ops"))
		h.put(t, robot("值班群"))
		_, err := h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		_, err = h.db.Write.ExecContext(t.Context(), `UPDATE notify_deliveries SET state = 'sending', attempts = 1, next_ms = $1`, sqldb.Millis(h.now.Add(20*time.Second)))
		require.NoError(t, err)
		h.work(t)
		assert.Empty(t, h.sent, "another worker has them")
		h.later(21 * time.Second)
		h.work(t)
		require.Len(t, h.sent, 1, "only what a receiver can recognise as repeated")
		states := map[notify.ChannelKind]notify.State{}
		for _, d := range h.deliveries(t) {
			states[d.By] = d.State
		}
		assert.Equal(t, map[notify.ChannelKind]notify.State{notify.Webhook: notify.StateSent, notify.WeCom: notify.StateUnknown}, states)
	})
}

func TestWorkersOfAFleetSendOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, webhook("ops"))
		const messages = 20
		for i := range messages {
			_, err := h.Service.Send(t.Context(), message(fmt.Sprintf("alert/%d", i)))
			require.NoError(t, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var fleet sync.WaitGroup
		for range 3 {
			s := h.open(t)
			fleet.Go(func() { assert.NoError(t, s.Run(ctx)) })
		}
		assert.Eventually(t, func() bool {
			list, err := h.Deliveries(t.Context(), notify.Filter{State: notify.StateSent})
			return err == nil && len(list) == messages
		}, 30*time.Second, 5*time.Millisecond)
		stop()
		fleet.Wait()
		ids := map[string]int{}
		for _, o := range h.sent {
			ids[o.ID]++
		}
		assert.Len(t, ids, messages)
		assert.Len(t, h.sent, messages)
	})
}

// One channel hangs; the others' messages go out meanwhile.
func TestAChannelThatHangsHoldsUpItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		hanging := make(chan struct{})
		s, err := notify.New(t.Context(), h.db, h.box, map[notify.ChannelKind]notify.Sender{
			notify.Webhook: h,
			notify.WeCom: senderFunc(func(ctx context.Context, _ notify.Outgoing) error {
				close(hanging)
				<-ctx.Done()
				return fmt.Errorf("%w: %w", notify.ErrUnanswered, ctx.Err())
			}),
		}, notify.Options{Now: h.clock, Poll: 5 * time.Millisecond, Timeout: time.Minute})
		require.NoError(t, err)
		h.put(t, robot("hangs"))
		h.put(t, webhook("ops"))
		for i := range 3 {
			_, err := s.Send(t.Context(), message(fmt.Sprintf("alert/%d", i)))
			require.NoError(t, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		<-hanging
		assert.Eventually(t, func() bool {
			list, err := s.Deliveries(t.Context(), notify.Filter{State: notify.StateSent})
			return err == nil && len(list) == 3
		}, 10*time.Second, 5*time.Millisecond)
		stop()
		require.NoError(t, <-ended)
		list, err := s.Deliveries(t.Context(), notify.Filter{State: notify.StateUnknown})
		require.NoError(t, err)
		assert.Len(t, list, 1, "what was under way is noted before the end")
	})
}

type senderFunc func(ctx context.Context, o notify.Outgoing) error

func (f senderFunc) Send(ctx context.Context, o notify.Outgoing) error { return f(ctx, o) }

func TestAKindThatIsNotSetUpFailsVisibly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.put(t, notify.Channel{Name: "mail", Kind: notify.Email, Language: notify.English, Least: notify.Notice, Target: notify.Target{To: []string{"li@example.org"}}})
		assert.Equal(t, "l***@example.org", c.Hint)
		_, err := h.Try(t.Context(), c.ID, "li.na")
		require.NoError(t, err)
		queues, err := notify.New(t.Context(), h.db, h.box, nil, notify.Options{Now: h.clock})
		require.NoError(t, err)
		require.NoError(t, queues.Work(t.Context()))
		assert.Equal(t, notify.StateQueued, h.deliveries(t)[0].State, "another process delivers")
		h.work(t)
		d := h.deliveries(t)[0]
		assert.Equal(t, notify.StateFailed, d.State)
		assert.Contains(t, d.LastError, "nothing is set up to send by email")
	})
}

func TestSecretsOfChannelsStayInside(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		created := h.put(t, webhook("ops"))
		assert.Equal(t, "https://hooks.example.org/…", created.Hint)
		assert.Empty(t, created.Target)
		var stored string
		require.NoError(t, h.db.Read.QueryRowContext(t.Context(), `SELECT target FROM notify_channels`).Scan(&stored))
		assert.NotContains(t, stored, "s3cret")

		created.Name = "operations"
		changed := h.put(t, created)
		assert.Equal(t, int64(2), changed.Version)
		id, err := h.Try(t.Context(), changed.ID, "li.na")
		require.NoError(t, err)
		h.work(t)
		require.Len(t, h.sent, 1)
		assert.Equal(t, "https://hooks.example.org/in?token=s3cret", h.sent[0].Target.URL, "a change without a target keeps it")
		list, err := h.Deliveries(t.Context(), notify.Filter{ID: id})
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, notify.StateSent, list[0].State)
		assert.Equal(t, "A test by li.na over the channel “operations”. That you read it shows that it works; there is nothing to do.", list[0].Text.Body)

		changed.Kind = notify.WeCom
		_, err = h.Put(t.Context(), changed, "li.na")
		require.ErrorIs(t, err, notify.ErrBadInput, "another kind needs a target of its own")
	})
}

func TestChangesThatCollide(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.put(t, webhook("ops"))
		h.put(t, c)
		_, err := h.Put(t.Context(), c, "wang")
		require.ErrorIs(t, err, notify.ErrConflict)
		_, err = h.Put(t.Context(), webhook("ops"), "wang")
		require.ErrorIs(t, err, notify.ErrConflict, "the name is taken")
		c.ID = "missing"
		_, err = h.Put(t.Context(), c, "wang")
		require.ErrorIs(t, err, notify.ErrNotFound)
		require.ErrorIs(t, h.Remove(t.Context(), "missing"), notify.ErrNotFound)
		for i := range 49 {
			h.put(t, robot(fmt.Sprintf("r%d", i)))
		}
		_, err = h.Put(t.Context(), robot("one more"), "wang")
		require.ErrorIs(t, err, notify.ErrTooMany)

		_, err = h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		list, err := h.Channels(t.Context())
		require.NoError(t, err)
		for _, c := range list {
			require.NoError(t, h.Remove(t.Context(), c.ID))
		}
		assert.Empty(t, h.deliveries(t))
	})
}

func TestBadChannelsNameEveryFault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			channel notify.Channel
			want    []string
		}{
			{notify.Channel{}, []string{"name:", `kind ""`, `language ""`, `least_severity ""`}},
			{
				notify.Channel{Name: "a\u202eb", Kind: notify.Webhook, Language: "fr", Least: "high", Only: []notify.Kind{"x"}, Target: notify.Target{URL: "ftp://h/", Key: "whsec_short", To: []string{"x"}}},
				[]string{"name:", `language "fr"`, `least_severity "high"`, `only: unknown kind of message "x"`, "url:", "key:", "to:"},
			},
			{
				notify.Channel{Name: "a", Kind: notify.Email, Language: notify.English, Least: notify.Notice, Target: notify.Target{URL: "https://h/", To: []string{"Li <li@example.org>", "nobody"}}},
				[]string{"url, key:", "to[0]:", "to[1]:"},
			},
			{notify.Channel{Name: "a", Kind: notify.SMS, Language: notify.English, Least: notify.Notice, Target: notify.Target{To: []string{"12a"}}}, []string{"to[0]: want a phone number"}},
			{notify.Channel{Name: "a", Kind: notify.Email, Language: notify.English, Least: notify.Notice}, []string{"to: want 1 to 50"}},
			{notify.Channel{Name: "a", Kind: notify.Feishu, Language: notify.English, Least: notify.Notice, Target: notify.Target{URL: "https://user:pw@h/" + strings.Repeat("x", 1000)}}, []string{"url:"}},
		} {
			_, err := h.Put(t.Context(), c.channel, "li.na")
			require.ErrorIs(t, err, notify.ErrBadInput)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		}
		list, err := h.Channels(t.Context())
		require.NoError(t, err)
		assert.Empty(t, list)
	})
}

func TestBadMessagesNameEveryFault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.Service.Send(t.Context(), notify.Message{Severity: "x", Kind: notify.Test, Fields: map[string]string{"by": strings.Repeat("x", 501)}, Link: "javascript:alert(1)"})
		require.ErrorIs(t, err, notify.ErrBadInput)
		for _, want := range []string{"key:", `severity "x"`, "time:", "link:", "fields.by", "fields.channel"} {
			require.ErrorContains(t, err, want)
		}
		_, err = h.Deliveries(t.Context(), notify.Filter{State: "lost"})
		require.ErrorIs(t, err, notify.ErrBadInput)
	})
}

func TestOldMessagesAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(t, webhook("ops"))
		_, err := h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		h.later(191 * 24 * time.Hour)
		_, err = h.Service.Send(t.Context(), message("alert/2"))
		require.NoError(t, err)
		require.NoError(t, h.Prune(t.Context()))
		assert.Len(t, h.deliveries(t), 1)
	})
}
