package notice

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// TestHostileText holds what no title and no body may carry.
func TestHostileText(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a script":               `<script>alert(1)</script>`,
		"an image with a script": `a <img src=x onerror=alert(1)>`,
		"a comment":              `<!-- x -->`,
		"a closing tag":          `</div>`,
		"an instruction":         `<?php ?>`,
		"an autolink":            `<https://museum.example>`,
		"a character reference":  `&lt;script&gt;`,
		"a numeric reference":    `&#60;script`,
		"right-to-left override": "票\u202e价",
		"an isolate":             "a\u2066b",
		"a direction mark":       "a\u200fb",
		"a zero-width space":     "免\u200b费",
		"a byte order mark":      "\ufeffa",
		"a soft hyphen":          "a\u00adb",
		"a null":                 "a\x00b",
		"an escape":              "a\x1b[31mb",
		"a lone carriage return": "a\rb",
		"a line separator":       "a\u2028b",
		"private use":            "a\ue000b",
		"tag characters":         "a\U000e0041b",
		"broken UTF-8":           "a\xffb",
		"a replacement":          "a\ufffdb",
		"a tower of marks":       "a" + strings.Repeat("\u0301", 5),
	} {
		require.ErrorIs(t, line("f", text, 100), ticketing.ErrInvalidField, name)
		require.ErrorIs(t, markdown("f", text, 100), ticketing.ErrInvalidField, name)
	}
	require.ErrorIs(t, line("f", "two\nlines", 100), ticketing.ErrInvalidField)
	require.ErrorIs(t, line("f", strings.Repeat("票", 101), 100), ticketing.ErrInvalidField)
	for name, text := range map[string]string{
		"a script's link":   `[票](javascript:alert(1))`,
		"shouted":           `[票]( JavaScript:alert(1))`,
		"over two lines":    "[票](\njavascript:alert(1))",
		"data":              `[票](data:text/html,x)`,
		"plain http":        `[票](http://museum.example)`,
		"another host":      `[票](//evil.example)`,
		"with a backslash":  `[票](/\evil.example)`,
		"an image":          `![x](https://evil.example/x.png)`,
		"defined elsewhere": "[票][a]\n\n[a]: javascript:alert(1)",
		"in brackets":       `[票](<javascript:alert(1)>)`,
	} {
		require.ErrorIs(t, markdown("f", text, 100), ticketing.ErrInvalidField, name)
	}
}

func TestTextThatIsFine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "开放时间：9:00—17:00", "身高 < 1.2 米免票，1 < 2", "R&D & Q&A", "Café naïve Zoë — “quotes”", "👨‍👩‍👧‍👦 亲子票 ❤️",
		"# 须知\n\n- **一**\n- [网站](https://museum.example/a?b=1&c=2)\n- [电话](tel:+862150108563) [信](mailto:a@museum.example) [页](/visit)\n\n\t引文",
		"می\u200cخواهم", "[注] (见下)", "[全文](https://博物馆.中国)",
	} {
		require.NoError(t, markdown("f", text, 1000), text)
	}
	assert.Equal(t, Text{ZH: "一\n二", EN: "a"}, Text{ZH: " 一\r\n二\n", EN: "\ta "}.tidied())
}

func TestContentRefuses(t *testing.T) {
	t.Parallel()
	good := func() Content {
		return Content{Kind: KindNotice, Title: Text{ZH: "题"}, Body: Text{ZH: "文"}, Dates: []ticketing.Date{"2026-05-11", "2026-05-10"}}
	}
	c := good()
	require.NoError(t, c.validate())
	assert.Equal(t, []ticketing.Date{"2026-05-10", "2026-05-11"}, c.Dates)
	for field, spoil := range map[string]func(c *Content){
		"kind":     func(c *Content) { c.Kind = "news" },
		"title_zh": func(c *Content) { c.Title.ZH = " \n" },
		"title_en": func(c *Content) { c.Title.EN, c.Body.EN = "<b>", "x" },
		"body_zh":  func(c *Content) { c.Body.ZH = strings.Repeat("文", 8001) },
		"body_en":  func(c *Content) { c.Title.EN = "only a title" },
		"priority": func(c *Content) { c.Priority = 1001 },
		"dates":    func(c *Content) { c.Dates = append(c.Dates, "2026-02-31") },
	} {
		c := good()
		spoil(&c)
		err := c.validate()
		refusal, ok := errors.AsType[*ticketing.Error](err)
		require.True(t, ok, field)
		assert.Equal(t, field, refusal.Field)
	}
	twice, many := good(), good()
	twice.Dates = append(twice.Dates, twice.Dates[0])
	many.Dates = make([]ticketing.Date, 63)
	require.ErrorIs(t, twice.validate(), ticketing.ErrInvalidField)
	require.ErrorIs(t, many.validate(), ticketing.ErrInvalidField)
}

// FuzzMarkdown holds that what is accepted can be shown as it is.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"票", "<b>", "[a](javascript:x)", "a\u202eb", "&amp;", "[a]\n(https://x)", "]( /x"} {
		f.Add(seed)
	}
	scheme := regexp.MustCompile(`(?i)\]\(\s*(javascript|data|vbscript|http):`)
	f.Fuzz(func(t *testing.T, text string) {
		if markdown("f", text, maxBody) != nil {
			return
		}
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x00\u202e\u2066") || scheme.MatchString(text) ||
			strings.Contains(strings.ToLower(text), "<script") || strings.Contains(text, "![") {
			t.Fatalf("accepted %q", text)
		}
	})
}

// FuzzCursor holds that only cursors of ours are read, and to what they were
// made of.
func FuzzCursor(f *testing.F) {
	f.Add(place{pinned: true, priority: -3, from: 17, id: "a"}.String())
	f.Add("dHJ1ZSAwIDAg")
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		if p, err := parsePlace(cursor); err == nil && p.String() != cursor {
			t.Fatalf("%q was read as %+v", cursor, p)
		}
	})
}
