package fingerprint_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest/fingerprint"
)

func TestAutomation(t *testing.T) {
	for agent, want := range map[string]bool{
		"curl/8.5.0":             true,
		"python-requests/2.31.0": true,
		"Go-http-client/1.1":     true,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36": true,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                      true,
		"Mozilla/5.0 (compatible; Baiduspider/2.0)":                                                                     true,
		"Mozilla/5.0 selenium/4": true,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.44(0x18002c2d) NetType/WIFI Language/zh_CN":                                                            false,
		"Mozilla/5.0 (Linux; Android 13; V2154A) AppleWebKit/537.36 Chrome/116 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20231202 MMWEBID/2585 MicroMessenger/8.0.47.2560(0x28002F30) WeChat/arm64 Weixin NetType/WIFI Process/tools ABI/arm64": false,
		"Mozilla/5.0 (Linux; Android 8.1; CUBOT_X18 Build/OPM1) AppleWebKit/537.36 Chrome/110 Mobile Safari/537.36":                                                                                                                              false,
		"Mozilla/5.0 (Linux; Android 8.1; CUBOT) AppleWebKit/537.36": false,
		"okhttp/4.12.0":                 false,
		"Dart/3.2 (dart:io)":            false,
		"Mozilla/5.0 (Windows NT 10.0)": false,
		"":                              false,
	} {
		assert.Equal(t, want, fingerprint.Automation(agent, nil), agent)
	}
	assert.True(t, fingerprint.Automation("OKHTTP/4.12.0", []string{"okhttp/"}))
	assert.False(t, fingerprint.Automation("Mozilla", []string{""}))
}

func TestHeaderOrder(t *testing.T) {
	a := []fingerprint.Header{{Name: "Host", Value: "a"}, {Name: "User-Agent", Value: "x"}, {Name: "Accept", Value: "*/*"}}
	base := fingerprint.HeaderOrder(a, "")
	assert.Len(t, base, 16)
	same := []fingerprint.Header{{Name: "User-Agent", Value: "other"}, {Name: "Cookie"}, {Name: "Accept"}, {Name: "X-Forwarded-For"}, {Name: "x-ja4"}, {Name: "content-length"}}
	assert.Equal(t, base, fingerprint.HeaderOrder(same, "X-JA4"), "values and volatile headers do not count")
	assert.NotEqual(t, base, fingerprint.HeaderOrder([]fingerprint.Header{{Name: "Accept"}, {Name: "User-Agent"}}, ""), "order counts")
	assert.NotEqual(t, base, fingerprint.HeaderOrder([]fingerprint.Header{{Name: "user-agent"}, {Name: "Accept"}}, ""), "case counts")
	assert.Empty(t, fingerprint.HeaderOrder([]fingerprint.Header{{Name: "Cookie"}}, ""))
}

func TestCookie(t *testing.T) {
	headers := []fingerprint.Header{{Name: "cookie", Value: `a=1; fgd="x"; fgdx=3`}, {Name: "Cookie", Value: "fgd=2"}}
	value, count := fingerprint.Cookie(headers, "fgd")
	assert.Equal(t, "x", value)
	assert.Equal(t, 2, count)
	_, count = fingerprint.Cookie(headers, "none")
	assert.Zero(t, count)
}

func TestHeaderNames(t *testing.T) {
	for _, name := range []string{"Host", "USER-AGENT", "x-Device-token", "X-Own-Header", "x", "Sec-Fetch-Very-Long-Name-Of-Somebody"} {
		made, plain := fingerprint.NewHeader(name, "v"), fingerprint.Header{Name: name, Value: "v"}
		assert.Equal(t, strings.ToLower(name), made.Lower())
		assert.Equal(t, strings.ToLower(name), plain.Lower())
		assert.True(t, made.Is(strings.ToUpper(name)))
		assert.False(t, made.Is(name+"s"))
	}
}
