package fingerprint_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

const (
	chromeAgent  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
	androidAgent = "Mozilla/5.0 (Linux; Android 14; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
	firefoxAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0"
	iphoneAgent  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
	wechatAgent  = "Mozilla/5.0 (Linux; Android 13; V2171A Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MicroMessenger/8.0.47"
	brands124    = `Sec-CH-UA: "Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"`
	fetches      = "Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: cors|Sec-Fetch-Dest: empty"
)

func TestMismatch(t *testing.T) {
	proxies, err := fingerprint.NewProxies([]string{"10.0.0.0/8"})
	require.NoError(t, err)
	tokens, err := fingerprint.NewTokens([]byte("0123456789abcdef0123456789abcdef"), fingerprint.TokenOptions{})
	require.NoError(t, err)
	reader, err := fingerprint.New(tokens, fingerprint.Options{Proxies: proxies, TLSHeader: "X-JA4"})
	require.NoError(t, err)
	for _, test := range []struct {
		name, agent string
		headers     []string
		want        []string
	}{
		{"Chrome", chromeAgent, []string{brands124, `Sec-CH-UA-Mobile: ?0`, `Sec-CH-UA-Platform: "Windows"`, fetches, "X-JA4: t13d1516h2_8daaf6152771_02713d6af862"}, nil},
		{"Chrome on a phone", androidAgent, []string{brands124, `Sec-CH-UA-Mobile: ?1`, `Sec-CH-UA-Platform: "Android"`, fetches}, nil},
		{"Chrome over HTTP", chromeAgent, nil, nil},
		{"Firefox", firefoxAgent, []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"}, nil},
		{"Safari", iphoneAgent, []string{"Sec-Fetch-Site: none", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate"}, nil},
		{"WeChat", wechatAgent, []string{`Sec-CH-UA: "Android WebView";v="116"`}, []string{"headers"}},
		{"WeChat without hints", wechatAgent, nil, nil},
		{"a tool that says so", "curl/8.5.0", []string{"X-JA4: t13d3112h1_e8f1e7e78f70_375ca2c5e164"}, nil},
		{"another version", chromeAgent, []string{`Sec-CH-UA: "Chromium";v="110"`, fetches}, []string{"hints"}},
		{"hints from Firefox", firefoxAgent, []string{brands124}, []string{"hints"}},
		{"hints from Safari", iphoneAgent, []string{brands124}, []string{"hints"}},
		{"another system", chromeAgent, []string{brands124, `Sec-CH-UA-Platform: "Linux"`, fetches}, []string{"platform"}},
		{"a phone's agent on a desktop", androidAgent, []string{brands124, "Sec-CH-UA-Mobile: ?0", fetches}, []string{"mobile"}},
		{"hints and nothing else", chromeAgent, []string{brands124}, []string{"headers"}},
		{"Chrome's agent, Firefox's order", chromeAgent, []string{"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"}, []string{"headers"}},
		{"Firefox's agent, Chrome's order", firefoxAgent, []string{fetches}, []string{"headers"}},
		{"a library's TLS", chromeAgent, []string{"X-JA4: t13d1812h1_85036bcba153_375ca2c5e164"}, []string{"tls"}},
		{"no ALPN", chromeAgent, []string{"X-JA4: t12d180700_4b22cbed5bed_2dae41c691ec"}, []string{"tls"}},
		{"old TLS", chromeAgent, []string{"X-JA4: t10d1516h2_8daaf6152771_02713d6af862"}, []string{"tls"}},
		{"JA3, which says nothing by itself", chromeAgent, []string{"X-JA4: cd08e31494f9531f560d64c695473da9"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			headers := []fingerprint.Header{fingerprint.NewHeader("User-Agent", test.agent)}
			for _, line := range test.headers {
				headers = append(headers, headersOf(line)...)
			}
			assert.Equal(t, test.want, reader.Read(netip.MustParseAddr("10.0.0.1"), headers).Client.Mismatch)
		})
	}
}
