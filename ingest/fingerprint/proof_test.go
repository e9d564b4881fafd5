package fingerprint_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// signer is a device's own key, as WebCrypto keeps it.
type signer struct {
	key        *ecdsa.PrivateKey
	x, y, id   string
	at         time.Time
	nonce      string
	method     string
	path, body string
}

func newSigner(t testing.TB, at time.Time) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	sum := sha256.Sum256(point)
	b64 := base64.RawURLEncoding.EncodeToString
	return &signer{
		key: key, x: b64(point[1:33]), y: b64(point[33:]), id: hex.EncodeToString(sum[:8]), at: at,
		nonce: strings.Repeat("n", 22), method: "POST", path: "/api/v1/orders", body: `{"pool":"main"}`,
	}
}

// header signs what the signer has.
func (s *signer) header(t testing.TB) string {
	t.Helper()
	sum := sha256.Sum256([]byte(s.body))
	text := fmt.Sprintf("fairgate-request-v1\n%s\n%s\n%d\n%s\n%x", s.method, s.path, s.at.UnixMilli(), s.nonce, sum)
	digest := sha256.Sum256([]byte(text))
	r, rest, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	require.NoError(t, err)
	signature := append(r.FillBytes(make([]byte, 32)), rest.FillBytes(make([]byte, 32))...)
	return fmt.Sprintf("r1.%s.%s.%d.%s.%s", s.x, s.y, s.at.UnixMilli(), s.nonce, base64.RawURLEncoding.EncodeToString(signature))
}

func TestProofOfARequest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		spoil  func(s *signer) // before it is signed
		late   func(s *signer) // after
		header func(h string) string
		device func(d *fingerprint.Sealed)
		want   ingest.Proof
	}{
		"right":                          {want: ingest.ProofValid},
		"none":                           {header: func(string) string { return "" }, want: ""},
		"of a device that told nothing":  {device: func(d *fingerprint.Sealed) { *d = fingerprint.Sealed{} }, want: ingest.ProofUnbound},
		"of another key":                 {device: func(d *fingerprint.Sealed) { d.Key = "0123456789abcdef" }, want: ingest.ProofOtherKey},
		"made four minutes ago":          {spoil: func(s *signer) { s.at = now.Add(-4 * time.Minute) }, want: ingest.ProofValid},
		"made six minutes ago":           {spoil: func(s *signer) { s.at = now.Add(-6 * time.Minute) }, want: ingest.ProofStale},
		"made in six minutes":            {spoil: func(s *signer) { s.at = now.Add(6 * time.Minute) }, want: ingest.ProofStale},
		"two hours off, as is known":     {spoil: func(s *signer) { s.at = now.Add(2 * time.Hour) }, device: func(d *fingerprint.Sealed) { d.Telemetry.Skew = 7200 }, want: ingest.ProofValid},
		"two hours off, as nobody knows": {spoil: func(s *signer) { s.at = now.Add(2 * time.Hour) }, want: ingest.ProofStale},
		"of another body":                {late: func(s *signer) { s.body = `{"pool":"other"}` }, want: ingest.ProofWrong},
		"of another path":                {late: func(s *signer) { s.path = "/api/v1/orders/1/pay" }, want: ingest.ProofWrong},
		"of another method":              {late: func(s *signer) { s.method = "PUT" }, want: ingest.ProofWrong},
		"with another nonce":             {header: func(h string) string { return strings.Replace(h, "nnn", "mmm", 1) }, want: ingest.ProofWrong},
		"with a longer nonce":            {spoil: func(s *signer) { s.nonce += "n" }, want: ingest.ProofWrong},
		"cut off":                        {header: func(h string) string { return h[:len(h)-1] }, want: ingest.ProofWrong},
		"with more behind":               {header: func(h string) string { return h + ".x" }, want: ingest.ProofWrong},
		"another version":                {header: func(h string) string { return "r2" + h[2:] }, want: ingest.ProofWrong},
		"a time that is none":            {spoil: func(s *signer) { s.at = time.UnixMilli(-1) }, want: ingest.ProofWrong},
		"no point of the curve":          {late: func(s *signer) { s.x = s.y }, header: func(h string) string { p := strings.Split(h, "."); p[1] = p[2]; return strings.Join(p, ".") }, want: ingest.ProofWrong},
		"a megabyte":                     {header: func(string) string { return strings.Repeat("r1.", 1<<20) }, want: ingest.ProofWrong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSigner(t, now)
			if tt.spoil != nil {
				tt.spoil(s)
			}
			header := s.header(t)
			if tt.late != nil {
				tt.late(s)
			}
			if tt.header != nil {
				header = tt.header(header)
			}
			device := fingerprint.Sealed{Key: s.id}
			if tt.device != nil {
				tt.device(&device)
			}
			got, nonce := fingerprint.ReadProof(header, s.method, s.path, []byte(s.body), device, now)
			assert.Equal(t, tt.want, got)
			assert.True(t, got.Valid())
			assert.Equal(t, got.Right(), nonce != "", "what is right can be replayed")
		})
	}
}

func TestNoncesAreTheKeysOwn(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a, b := newSigner(t, now), newSigner(t, now)
	_, first := fingerprint.ReadProof(a.header(t), a.method, a.path, []byte(a.body), fingerprint.Sealed{}, now)
	_, again := fingerprint.ReadProof(a.header(t), a.method, a.path, []byte(a.body), fingerprint.Sealed{}, now)
	_, other := fingerprint.ReadProof(b.header(t), b.method, b.path, []byte(b.body), fingerprint.Sealed{}, now)
	assert.Equal(t, first, again, "another signature over the same does not make it new")
	assert.NotEqual(t, first, other, "nobody can spend another's nonce")
}

func FuzzReadProof(f *testing.F) {
	f.Add("r1.a.b.1.c.d", []byte("{}"))
	f.Add("", []byte(nil))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		p, nonce := fingerprint.ReadProof(header, "POST", "/", body, fingerprint.Sealed{}, time.UnixMilli(1))
		assert.True(t, p.Valid())
		assert.False(t, p.Right() && nonce == "")
	})
}

func BenchmarkReadProof(b *testing.B) {
	now := time.Now()
	s := newSigner(b, now)
	header, body, device := s.header(b), []byte(s.body), fingerprint.Sealed{Key: s.id}
	b.ReportAllocs()
	for b.Loop() {
		if p, _ := fingerprint.ReadProof(header, s.method, s.path, body, device, now); p != ingest.ProofValid {
			b.Fatal(p)
		}
	}
}
