package gateway_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
)

// The memory of one request is the next one's; nothing of it may be seen.
func TestRequestsLeaveNothingToEachOther(t *testing.T) {
	s := newSite(t, nil)
	first, _ := s.tokens.Issue(0)
	// A booking with everything, and one that is refused half way.
	rich := func() {
		s.send(t, "POST", "/api/v1/orders?x=1", booking, "Cookie: fgd="+first, "Authorization: Bearer rich", "User-Agent: curl/8", "X-Trace: secret")
	}
	rich()
	r := s.send(t, "POST", "/api/v1/orders", `{"pool":"main","positions":[{"document":{"number":"E1"}}],"pool":"other"}`, "X-Trace: secret")
	assert.Equal(t, http.StatusBadRequest, r.StatusCode)
	s.send(t, "POST", "/api/v1/orders", `{}`)
	e := s.events(t, 3)[2]
	if e.Kind == ingest.KindRequestRefused { // which is recorded off the visitor's path
		e = s.events(t, 3)[1]
	}
	assert.Empty(t, e.Subject.Documents)
	assert.Empty(t, e.Subject.Phone)
	assert.Empty(t, e.Subject.Session)
	assert.Empty(t, e.Subject.Device)
	assert.Empty(t, e.Client.UserAgent)
	assert.Zero(t, e.Order)
	up := s.forwarded()[1]
	assert.Equal(t, "/api/v1/orders", up.Target)
	assert.Equal(t, "{}", up.Body)
	assert.Empty(t, up.Header.Get("X-Trace"))
	assert.Empty(t, up.Header.Get("Cookie"))
	assert.Equal(t, gateway.Sign(signingKey, "POST", up.Target, up.Header.Get(gateway.TimestampHeader), e.ID, []byte("{}")), up.Header.Get(gateway.SignatureHeader))
}

// Many at once each get their own event.
func TestRequestsAtOnceKeepApart(t *testing.T) {
	s := newSite(t, nil)
	const each = 20
	var senders sync.WaitGroup
	for _, pool := range []string{"aa", "bb", "cc", "dd"} {
		senders.Go(func() {
			for range each {
				s.send(t, "POST", "/api/v1/orders", `{"pool":"`+pool+`","positions":[{"document":{"number":"`+pool+`"}}]}`, "User-Agent: "+pool)
			}
		})
	}
	senders.Wait()
	for _, e := range s.events(t, 4*each) {
		pool := e.Order.Pool
		assert.Equal(t, pool, e.Client.UserAgent)
		assert.Equal(t, []string{s.keyer.Current(fingerprint.PurposeDocument, pool)}, e.Subject.Documents)
	}
}
