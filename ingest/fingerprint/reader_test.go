package fingerprint_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
)

func reader(t *testing.T) (*fingerprint.Reader, *fingerprint.Tokens) {
	t.Helper()
	p, err := fingerprint.NewProxies([]string{"10.0.0.0/8"})
	require.NoError(t, err)
	tk := tokens(t, newKey, fingerprint.TokenOptions{})
	r, err := fingerprint.New(tk, fingerprint.Options{Proxies: p, TLSHeader: "X-JA4", Automation: []string{"sniper/"}})
	require.NoError(t, err)
	return r, tk
}

func TestReaderDevice(t *testing.T) {
	r, tk := reader(t)
	peer := netip.MustParseAddr("203.0.113.1")
	valid, device := tk.Issue(0)
	other, second := tk.Issue(0)
	for _, c := range []struct {
		name    string
		headers []fingerprint.Header
		want    string
	}{
		{"none", nil, ""},
		{"cookie", []fingerprint.Header{{Name: "Cookie", Value: "fgd=" + valid}}, device.ID},
		{"header", []fingerprint.Header{{Name: "x-device-token", Value: valid}}, device.ID},
		{"header before cookie", []fingerprint.Header{{Name: "Cookie", Value: "fgd=" + valid}, {Name: "X-Device-Token", Value: other}}, second.ID},
		{"forged", []fingerprint.Header{{Name: "Cookie", Value: "fgd=" + valid[:len(valid)-4] + "AAAA"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := r.Read(peer, c.headers)
			assert.Equal(t, c.want, id.Device.ID)
			assert.Equal(t, c.want == "", id.NewToken != "", "a new token exactly where there is no valid one")
			if id.NewToken != "" {
				_, err := tk.Verify(id.NewToken)
				require.NoError(t, err)
			}
		})
	}
	_, err := fingerprint.New(nil, fingerprint.Options{})
	require.Error(t, err)
}

func TestReaderClient(t *testing.T) {
	r, _ := reader(t)
	headers := []fingerprint.Header{
		{Name: "User-Agent", Value: "Sniper/1 \xff" + strings.Repeat("x", 1000)},
		{Name: "Accept-Language", Value: " zh-CN,zh;q=0.9"},
		{Name: "X-JA4", Value: "t13d"},
		{Name: "X-Forwarded-For", Value: "198.51.100.4"},
	}
	proxied := r.Read(netip.MustParseAddr("10.0.0.1"), headers).Client
	assert.Equal(t, "198.51.100.4", proxied.IP.String())
	assert.Equal(t, "t13d", proxied.TLS)
	assert.Equal(t, "zh-cn", proxied.Language)
	assert.True(t, proxied.Automation)
	assert.LessOrEqual(t, len(proxied.UserAgent), 520)
	assert.Contains(t, proxied.UserAgent, "\uFFFD")

	direct := r.Read(netip.MustParseAddr("203.0.113.1"), headers).Client
	assert.Equal(t, "203.0.113.1", direct.IP.String())
	assert.Empty(t, direct.TLS, "a visitor's own hash is not believed")
	for _, bad := range []string{"<b>", strings.Repeat("a", 36), "zh_CN"} {
		assert.Empty(t, r.Read(netip.MustParseAddr("10.0.0.1"), []fingerprint.Header{{Name: "Accept-Language", Value: bad}}).Client.Language)
	}
}
