package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// stamp signs a request with a key, as the collector does, and gives the header
// and the key's thumbprint.
func stamp(t *testing.T, key *ecdsa.PrivateKey, path, body string, at time.Time) (header, thumb string) {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	of, b64, nonce := sha256.Sum256(point), base64.RawURLEncoding.EncodeToString, strings.Repeat("n", 22)
	text := fmt.Sprintf("fairgate-request-v1\nPOST\n%s\n%d\n%s\n%x", path, at.UnixMilli(), nonce, sha256.Sum256([]byte(body)))
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	require.NoError(t, err)
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return fmt.Sprintf("%s: r1.%s.%s.%d.%s.%s", fingerprint.ProofHeader, b64(point[1:33]), b64(point[33:]), at.UnixMilli(), nonce, b64(signature)),
		hex.EncodeToString(of[:8])
}

func TestABookingsSignature(t *testing.T) {
	s := newSite(t, nil)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	const path, body = "/api/v1/orders", `{"pool":"main"}`
	header, thumb := stamp(t, key, path, body, s.now.Now())
	id, cookie := s.device()
	told := cookie + "; fgt=" + s.tokens.Seal(id, fingerprint.Sealed{Telemetry: ingest.Telemetry{Source: ingest.SourceBrowser, At: s.now.Now()}, Key: thumb})
	for i, tt := range []struct {
		body    string
		headers []string
		want    ingest.Proof
	}{
		{body, []string{told, header}, ingest.ProofValid},
		{body, []string{cookie, header}, ingest.ProofUnbound},
		{`{"pool":"side"}`, []string{told, header}, ingest.ProofWrong},
		{body, []string{told, fingerprint.ProofHeader + ": nonsense"}, ingest.ProofWrong},
		{body, []string{told}, ""},
	} {
		r := s.send(t, "POST", path, tt.body, tt.headers...)
		require.Less(t, r.StatusCode, 300, "what a signature is worth is for the rules")
		e := s.events(t, i+1)[i]
		require.Equal(t, ingest.KindOrderSubmit, e.Kind)
		assert.Equal(t, tt.want, e.Proof)
		assert.Equal(t, tt.want.Right(), e.ProofNonce != "")
		assert.Empty(t, s.forwarded()[i].Header.Get(fingerprint.ProofHeader), "the upstream does not see it")
	}
	r := s.send(t, "POST", path, body, told, header, header)
	assert.Equal(t, http.StatusBadRequest, r.StatusCode, "twice is a fault of form")
	s.send(t, "GET", "/api/v1/pools", "", told, header)
	events := s.events(t, 6)
	assert.Empty(t, events[5].Proof, "only bookings are looked at")
	assert.InDelta(t, 2, s.counter(t, "fairgate_gateway_proofs_total", "proof=wrong"), 0)
	assert.InDelta(t, 1, s.counter(t, "fairgate_gateway_proofs_total", "proof=valid"), 0)
}
