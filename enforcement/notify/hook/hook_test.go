package hook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/notify"
	"fairgate/enforcement/notify/hook"
)

var (
	now      = time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)
	key      = []byte("0123456789abcdef0123456789abcdef")
	loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
)

// server answers every request in the same way and keeps the last one.
type server struct {
	*httptest.Server
	header http.Header
	query  map[string][]string
	body   []byte
}

func answering(t *testing.T, status int, header http.Header, body string) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.header, s.query = r.Header, r.URL.Query()
		s.body, _ = io.ReadAll(r.Body)
		for name := range header {
			w.Header().Set(name, header.Get(name))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func outgoing(url string) notify.Outgoing {
	return notify.Outgoing{
		ID: "0190-1", Kind: notify.AlertFired, Severity: notify.Urgent, Time: now, Language: notify.Chinese,
		Text: notify.Text{Title: "票池被过快抢占", Body: "约 1,204 个账号。"}, Link: "https://console.example.org/alerts/1",
		Target: notify.Target{URL: url, Key: "whsec_" + base64.StdEncoding.EncodeToString(key)},
	}
}

func send(t *testing.T, kind notify.ChannelKind, o notify.Outgoing) error {
	t.Helper()
	senders := hook.Senders(hook.Options{Now: func() time.Time { return now }, Private: loopback})
	return senders[kind].Send(t.Context(), o)
}

func TestWebhookIsSigned(t *testing.T) {
	s := answering(t, http.StatusNoContent, nil, "")
	require.NoError(t, send(t, notify.Webhook, outgoing(s.URL)))
	assert.Equal(t, "0190-1", s.header.Get("Webhook-Id"))
	at := s.header.Get("Webhook-Timestamp")
	assert.Equal(t, "1795311000", at)
	assert.Equal(t, hook.Signature(key, "0190-1", at, s.body), s.header.Get("Webhook-Signature"))
	var p hook.Payload
	require.NoError(t, json.Unmarshal(s.body, &p))
	assert.Equal(t, hook.Payload{Type: "alert_fired", Timestamp: now, Data: hook.PayloadContents{
		Severity: notify.Urgent, Language: notify.Chinese, Title: "票池被过快抢占", Text: "约 1,204 个账号。", Link: "https://console.example.org/alerts/1",
	}}, p)
}

// The values are those of the example that Standard Webhooks' reference
// libraries test against.
func TestSignatureOfThePublishedExample(t *testing.T) {
	key, err := notify.SigningKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	assert.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		hook.Signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)))
}

func TestRobotsGetTextAndSignatures(t *testing.T) {
	text := "票池被过快抢占\n约 1,204 个账号。\nhttps://console.example.org/alerts/1"
	t.Run("wecom", func(t *testing.T) {
		s := answering(t, 200, nil, `{"errcode":0,"errmsg":"ok"}`)
		require.NoError(t, send(t, notify.WeCom, outgoing(s.URL+"/cgi-bin/webhook/send?key=k")))
		assert.Equal(t, []string{"k"}, s.query["key"])
		want, err := json.Marshal(map[string]any{"msgtype": "text", "text": map[string]string{"content": text}})
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(s.body))
	})
	t.Run("dingtalk", func(t *testing.T) {
		s := answering(t, 200, nil, `{"errcode":0,"errmsg":"ok"}`)
		o := outgoing(s.URL + "/robot/send?access_token=t")
		o.Target.Key = "SEC-of-the-robot"
		require.NoError(t, send(t, notify.DingTalk, o))
		assert.Equal(t, []string{"t"}, s.query["access_token"])
		assert.Equal(t, []string{"1795311000000"}, s.query["timestamp"])
		// printf '1795311000000\nSEC-of-the-robot' | openssl dgst -sha256 -hmac SEC-of-the-robot -binary | base64
		assert.Equal(t, []string{"Ir8RocA+YJvqNbLL3nIE3XbwU6PKBaSro5AxEOJ0xU8="}, s.query["sign"])
	})
	t.Run("feishu", func(t *testing.T) {
		s := answering(t, 200, nil, `{"code":0,"msg":"success"}`)
		o := outgoing(s.URL)
		o.Target.Key = "feishu-secret"
		require.NoError(t, send(t, notify.Feishu, o))
		var got struct {
			Timestamp, Sign string
			MsgType         string `json:"msg_type"`
			Content         struct{ Text string }
		}
		require.NoError(t, json.Unmarshal(s.body, &got))
		assert.Equal(t, "1795311000", got.Timestamp)
		// printf '' | openssl dgst -sha256 -hmac $'1795311000\nfeishu-secret' -binary | base64
		assert.Equal(t, "Cf5eqdC6KxNNLQEkmDTOvFexqcYem3507DyJ5/DEdlE=", got.Sign)
		assert.Equal(t, "text", got.MsgType)
		assert.Equal(t, text, got.Content.Text)
	})
}

func TestLongTextIsCutAtARune(t *testing.T) {
	s := answering(t, 200, nil, `{"errcode":0}`)
	o := outgoing(s.URL)
	o.Text.Body = strings.Repeat("长", 3000)
	require.NoError(t, send(t, notify.WeCom, o))
	var got struct{ Text struct{ Content string } }
	require.NoError(t, json.Unmarshal(s.body, &got))
	assert.LessOrEqual(t, len(got.Text.Content), 2048)
	assert.NotContains(t, got.Text.Content, "�")
	assert.True(t, strings.HasSuffix(got.Text.Content, "…\n"+o.Link), "the link stays")
}

func TestAnswersAreJudged(t *testing.T) {
	for name, c := range map[string]struct {
		kind   notify.ChannelKind
		status int
		header http.Header
		body   string
		final  bool
		busy   time.Duration
	}{
		"500":            {kind: notify.Webhook, status: 500},
		"400":            {kind: notify.Webhook, status: 400, final: true},
		"429":            {kind: notify.Webhook, status: 429, header: http.Header{"Retry-After": {"90"}}, busy: 90 * time.Second},
		"redirect":       {kind: notify.Webhook, status: 302, header: http.Header{"Location": {"http://127.0.0.1:1/"}}, final: true},
		"robot's token":  {kind: notify.WeCom, status: 200, body: `{"errcode":93000,"errmsg":"invalid webhook url"}`, final: true},
		"robot too fast": {kind: notify.DingTalk, status: 200, body: `{"errcode":130101,"errmsg":"send too fast"}`, busy: time.Minute},
		"feishu's sign":  {kind: notify.Feishu, status: 200, body: `{"code":19021,"msg":"sign match fail"}`, final: true},
		"no robot":       {kind: notify.WeCom, status: 200, body: `<html>`, final: true},
		"no code":        {kind: notify.WeCom, status: 200, body: `{}`, final: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, c.status, c.header, c.body)
			err := send(t, c.kind, outgoing(s.URL+"/secret-token"))
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "secret-token")
			assert.Equal(t, c.final, errors.Is(err, notify.ErrRefused))
			require.NotErrorIs(t, err, notify.ErrUnanswered)
			var busy *notify.Busy
			if c.busy > 0 {
				require.ErrorAs(t, err, &busy)
				assert.Equal(t, c.busy, busy.After)
			}
		})
	}
}

func TestSilenceAfterSendingIsToldFromNothingSent(t *testing.T) {
	stop := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer hangs.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	senders := hook.Senders(hook.Options{Private: loopback})
	err := senders[notify.WeCom].Send(ctx, outgoing(hangs.URL))
	require.ErrorIs(t, err, notify.ErrUnanswered)

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	err = senders[notify.WeCom].Send(t.Context(), outgoing(gone.URL))
	require.Error(t, err)
	require.NotErrorIs(t, err, notify.ErrUnanswered, "nobody was there")
	require.NotErrorIs(t, err, notify.ErrRefused, "somebody may be there later")
}

func TestTheHousesNetworkIsGuarded(t *testing.T) {
	s := answering(t, 200, nil, "")
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	senders := hook.Senders(hook.Options{})
	for _, target := range []string{s.URL, secure.URL, "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://100.64.0.1/", "https://0.0.0.0/", "http://192.0.2.1/"} {
		err := senders[notify.Webhook].Send(t.Context(), outgoing(target))
		require.ErrorIs(t, err, notify.ErrRefused, target)
	}
	assert.Nil(t, s.header, "nothing arrived")
}
