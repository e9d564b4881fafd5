package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/httpapi"
)

// BenchmarkBookHTTP books over HTTP on SQLite from 64 callers at once, signed
// and signed in, the load generator on the same machine.
func BenchmarkBookHTTP(b *testing.B) {
	s := start(b)
	s.putPool("main", 0, 10_000_000)
	_, token := s.signUp(1)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := []byte(booking("main", "2026-05-10", fmt.Sprintf("A%08d", n.Add(1))))
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.base+"/api/v1/orders", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			ts, id := strconv.FormatInt(s.now.Load(), 10), uuid.NewString()
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set(httpapi.HeaderTimestamp, ts)
			req.Header.Set(httpapi.HeaderRequestID, id)
			req.Header.Set(httpapi.HeaderSignature, "v1="+httpapi.Sign([]byte(gatewayKey), http.MethodPost, "/api/v1/orders", ts, id, body))
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusCreated {
				b.Errorf("status %d, %v", resp.StatusCode, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
	require.Positive(b, n.Load())
}
