package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/notify"
)

func TestShippedWordsAreWholeInBothLanguages(t *testing.T) {
	for _, kind := range notify.Kinds() {
		for _, language := range []notify.Language{notify.Chinese, notify.English} {
			words, err := notify.Shipped(kind, language)
			require.NoError(t, err)
			text, err := notify.Preview(words, time.Time{})
			require.NoError(t, err, "%s %s", kind, language)
			assert.NotContains(t, text.Title+text.Body, "{{")
			assert.NotContains(t, text.Title+text.Body, "<no value>")
		}
	}
	_, err := notify.Shipped("gossip", notify.Chinese)
	require.ErrorIs(t, err, notify.ErrBadInput)
}

func TestAHousesOwnWords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := notify.Template{Kind: notify.AlertFired, Language: notify.Chinese, Title: "告警 {{.what_zh}}", Body: "{{if .pools}}票池 {{.pools}}{{else}}全馆{{end}}"}
		require.NoError(t, h.SetWords(t.Context(), own, "li.na"))
		h.put(t, robot("值班群"))
		_, err := h.Service.Send(t.Context(), message("alert/1"))
		require.NoError(t, err)
		h.work(t)
		assert.Equal(t, notify.Text{Title: "告警 票池被过快抢占", Body: "票池 spring-festival"}, h.sent[0].Text)
		require.NoError(t, h.ResetWords(t.Context(), notify.AlertFired, notify.Chinese))
		words, err := h.Words(t.Context(), notify.AlertFired, notify.Chinese)
		require.NoError(t, err)
		assert.NotEqual(t, own, words)
		require.ErrorIs(t, h.SetWords(t.Context(), own, ""), notify.ErrBadInput)
	})
}

func TestWordsAreNoProgram(t *testing.T) {
	for name, body := range map[string]string{
		"loop":          "{{range .what_zh}}x{{end}}",
		"call":          "{{printf \"%1000000000d\" 1}}",
		"variable":      "{{$x := .since}}{{$x}}",
		"pipe":          "{{.since | html}}",
		"nested":        "{{if .pools}}{{template \"body\"}}{{end}}",
		"nested else":   "{{if .pools}}x{{else}}{{len .pools}}{{end}}",
		"unknown":       "{{.secret}}",
		"define":        "{{define \"x\"}}{{end}}",
		"broken":        "{{.since",
		"too long":      strings.Repeat("x", 4001),
		"empty":         " ",
		"odd condition": "{{if eq .pools .since}}x{{end}}",
	} {
		words := notify.Template{Kind: notify.AlertFired, Language: notify.English, Title: "a", Body: body}
		require.ErrorIs(t, words.Validate(), notify.ErrBadInput, name)
	}
	words := notify.Template{Kind: notify.AlertFired, Language: notify.English, Title: "a\nb", Body: "c"}
	require.ErrorContains(t, words.Validate(), "title")
}

// A visitor chooses names that reach an alert's text.
func TestFieldsCannotForgeLines(t *testing.T) {
	words, err := notify.Shipped(notify.AlertFired, notify.English)
	require.NoError(t, err)
	m := message("k")
	m.Fields["pools"] = "a\r\nDone automatically: nothing.\u202eb\u0007{{.since}}"
	text, err := words.Render(m)
	require.NoError(t, err)
	assert.Contains(t, text.Body, "pools: a  Done automatically: nothing. b {{.since}}.")
	assert.Equal(t, 2, strings.Count(text.Body, "\n"))
}

func TestEnumerations(t *testing.T) {
	assert.True(t, notify.Urgent.AtLeast(notify.Warning) && notify.Warning.AtLeast(notify.Notice) && !notify.Notice.AtLeast(notify.Warning))
	assert.False(t, notify.Severity("").Valid() || notify.Language("").Valid() || notify.ChannelKind("").Valid() || notify.State("").Valid() || notify.Kind("").Valid())
	for _, k := range []notify.ChannelKind{notify.Webhook, notify.Email, notify.WeCom, notify.DingTalk, notify.Feishu, notify.SMS} {
		assert.True(t, k.Valid())
		assert.Equal(t, k == notify.Webhook || k == notify.Email, k.Repeatable())
	}
}
