package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/enforcement/notify"
)

// taken is another side that takes everything.
type taken struct{}

func (taken) Send(context.Context, notify.Outgoing) error { return nil }

const channel = `{"name":"ops","kind":"webhook","language":"zh","least_severity":"warning","enabled":true,
 "url":"https://hooks.example.org/in?token=s3cret","key":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","reason":"the night shift"}`

func TestAChannelFromSetUpToTest(t *testing.T) {
	h := build(t)
	var c notify.Channel
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/notifications/channels", channel, &c))
	assert.Equal(t, "https://hooks.example.org/…", c.Hint)
	assert.Equal(t, http.StatusConflict, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/notifications/channels", channel, nil), "the name is taken")

	var test struct {
		Delivery string `json:"delivery_id"`
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/notifications/channels/"+c.ID+"/test", "", &test))
	require.NoError(t, h.channels.Work(t.Context()))
	var list struct{ Deliveries []notify.Delivery }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/notifications/deliveries?id="+test.Delivery, "", &list))
	require.Len(t, list.Deliveries, 1)
	assert.Equal(t, notify.StateSent, list.Deliveries[0].State)
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/notifications/deliveries/"+test.Delivery+"/again", "", nil), "it was taken")

	changed := strings.NewReplacer(`"url":"https://hooks.example.org/in?token=s3cret","key":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`, `"version":1`, `"ops"`, `"day"`).Replace(channel)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPut, "/api/v1/notifications/channels/"+c.ID, changed, &c))
	assert.Equal(t, http.StatusConflict, h.call(t, keyOf("root"), http.MethodPut, "/api/v1/notifications/channels/"+c.ID, changed, nil), "two people at once")
	var all struct{ Channels []notify.Channel }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("root"), http.MethodGet, "/api/v1/notifications/channels", "", &all))
	require.Len(t, all.Channels, 1)
	assert.Equal(t, "day", all.Channels[0].Name)
	require.Equal(t, http.StatusNoContent, h.call(t, keyOf("sec"), http.MethodDelete, "/api/v1/notifications/channels/"+c.ID+"?reason=gone", "", nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("sec"), http.MethodDelete, "/api/v1/notifications/channels/"+c.ID+"?reason=gone", "", nil))

	entries, err := h.users.Entries(t.Context(), console.AuditFilter{}, 0, 100)
	require.NoError(t, err)
	var audited []string
	for _, e := range entries {
		assert.NotContains(t, e.Before+e.After, "s3cret")
		audited = append(audited, e.Action)
	}
	assert.ElementsMatch(t, []string{"channel.put", "channel.test", "channel.put", "channel.remove"}, audited)
}

func TestTheWordsOfMessages(t *testing.T) {
	h := build(t)
	var words struct {
		Title, Body string
		Fields      []string
		Preview     notify.Text
	}
	path := "/api/v1/notifications/templates/alert_closed/zh"
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodGet, path, "", &words))
	assert.Equal(t, []string{"since", "until", "what_en", "what_zh"}, words.Fields)
	assert.Equal(t, "已结束：票池被过快抢占", words.Preview.Title)
	own := `{"title":"完 {{.what_zh}}","body":"至 {{.until}}"}`
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPut, path+"?preview=true", own, &words))
	assert.Equal(t, "完 票池被过快抢占", words.Preview.Title)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodGet, path, "", &words))
	assert.Equal(t, "已结束：票池被过快抢占", words.Preview.Title, "a preview changes nothing")
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPut, path, own, &words))
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodGet, path, "", &words))
	assert.Equal(t, "完 票池被过快抢占", words.Preview.Title)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodDelete, path, "", &words))
	assert.Equal(t, "已结束：票池被过快抢占", words.Preview.Title)
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("sec"), http.MethodPut, path, `{"title":"a","body":"{{range .until}}x{{end}}"}`, nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("sec"), http.MethodGet, "/api/v1/notifications/templates/gossip/zh", "", nil))
}

func TestWhoMaySetUpChannels(t *testing.T) {
	h := build(t)
	for name, role := range map[string]console.Role{"ana": console.Analyst, "bo": console.BoxOffice, "audrey": console.Auditor, "sec": console.Security, "root": console.Administrator} {
		want := http.StatusForbidden
		if role == console.Security || role == console.Administrator {
			want = http.StatusNotFound
		}
		assert.Equal(t, want, h.call(t, keyOf(name), http.MethodPost, "/api/v1/notifications/channels/none/test", "", nil), name)
	}
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/notifications/channels", "", nil))
}
