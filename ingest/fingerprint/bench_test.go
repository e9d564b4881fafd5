package fingerprint_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

// What a browser behind a trusted proxy sends with a booking.
func browser(token string) []fingerprint.Header {
	var headers []fingerprint.Header
	for _, h := range [][2]string{
		{"Host", "tickets.museum.test"},
		{"X-Forwarded-For", "100.64.1.2"},
		{"User-Agent", "Mozilla/5.0 (Linux; Android 15; 2410DPN6CC) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36"},
		{"Accept", "application/json, text/plain, */*"},
		{"Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"},
		{"Accept-Encoding", "gzip, deflate, br"},
		{"Referer", "https://tickets.museum.test/book"},
		{"Sec-Fetch-Mode", "cors"},
		{"Cookie", fingerprint.DeviceCookie + "=" + token},
		{"Content-Type", "application/json"},
	} {
		headers = append(headers, fingerprint.NewHeader(h[0], h[1]))
	}
	return headers
}

func BenchmarkRead(b *testing.B) {
	tokens, err := fingerprint.NewTokens(make([]byte, fingerprint.MinMasterKey), fingerprint.TokenOptions{})
	require.NoError(b, err)
	proxies, err := fingerprint.NewProxies([]string{"127.0.0.0/8"})
	require.NoError(b, err)
	reader, err := fingerprint.New(tokens, fingerprint.Options{Proxies: proxies})
	require.NoError(b, err)
	token, _ := tokens.Issue(0)
	headers, peer := browser(token), netip.MustParseAddr("127.0.0.1")
	b.ReportAllocs()
	for b.Loop() {
		reader.Read(peer, headers)
	}
}

func BenchmarkKeyer(b *testing.B) {
	keyer, err := fingerprint.NewKeyer("museum", make([]byte, fingerprint.MinMasterKey), nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		keyer.Current(fingerprint.PurposeDocument, "P12345678")
	}
}
