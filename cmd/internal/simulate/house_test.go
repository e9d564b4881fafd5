package simulate

import (
	"bytes"
	"crypto/ed25519"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/sqlstore"
)

// TestOpenHouse opens the house of a real booking system twice: what is written
// once stays.
func TestOpenHouse(t *testing.T) {
	t.Parallel()
	store, err := sqlstore.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "t.db"), sqlstore.Options{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	notices, err := notice.New(store, time.Now, notice.Options{})
	require.NoError(t, err)
	service, err := ticketing.NewService(store, ticketing.Keys{
		Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32),
		Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
	}, time.Now, ticketing.Options{BookingRules: notices})
	require.NoError(t, err)
	key := strings.Repeat("k", 32)
	api, err := httpapi.New(service, httpapi.Options{GatewayKeys: [][]byte{[]byte(key)}, OperationsKeys: []string{key}, Notices: notices})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- api.Listener(ln) }()
	defer func() {
		assert.NoError(t, api.Shutdown())
		assert.NoError(t, <-served)
	}()
	s := &Service{Ticketing: "http://" + ln.Addr().String(), TicketingKey: key}
	for range 2 {
		require.NoError(t, s.OpenHouse(t.Context()))
		page, err := notices.Board(t.Context(), notice.Query{Limit: 10})
		require.NoError(t, err)
		require.Len(t, page.Announcements, 2)
		assert.Equal(t, notice.KindNotice, page.Announcements[0].Kind)
		assert.NotEmpty(t, page.Announcements[1].Body.EN)
		assert.Equal(t, int64(1), page.RulesVersion)
		venue, err := notices.Venue(t.Context())
		require.NoError(t, err)
		assert.Equal(t, int64(1), venue.Version)
	}
	s.TicketingKey = "wrong"
	require.Error(t, s.OpenHouse(t.Context()))
}
