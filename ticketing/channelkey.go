package ticketing

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// channelKeyPrefix tells keys of channels from other secrets, for those who
// search for leaked ones.
const channelKeyPrefix = "fgc_"

// maxChannelKey bounds a key as it is presented, in bytes.
const maxChannelKey = 128

// IssueChannelKey makes a new key for a channel, of 256 random bits, and ends
// the former one. It is shown this once: only its keyed HMAC is kept, so a
// repetition with the same idempotency key answers with none. It fails with
// ErrNotFound, or ErrInvalidField for visitors' own channels.
func (s *Service) IssueChannelKey(ctx context.Context, call Call, channel string) (string, error) {
	if visitorsChannel(channel) {
		return "", invalidField("channel", "visitors' own channels have no key")
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	fresh := channelKeyPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	made := ""
	_, err := once(ctx, s, call, "operations", func(ctx context.Context, w *work) (struct{}, error) {
		made = fresh
		old, err := w.Channel(ctx, channel)
		if err != nil {
			return struct{}{}, err
		}
		next := old
		next.HasKey, next.KeyHash = true, s.channelKeyHash(fresh)
		if err := w.PutChannel(ctx, next); err != nil {
			return struct{}{}, err
		}
		// One key and the next look the same: that there is a new one is the change.
		change, err := w.changeOf("key", nil, next)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, w.RecordChannelChange(ctx, channel, *change)
	})
	if err != nil {
		return "", err
	}
	return made, nil
}

func (s *Service) channelKeyHash(key string) string {
	return hex.EncodeToString(s.vault.Key("channel key", key))
}

// AuthenticateChannel reports whose key it is. It fails with ErrUnauthenticated
// for a wrong key, an unknown channel, and one that has no key or is closed.
func (s *Service) AuthenticateChannel(ctx context.Context, channel, key string) (Channel, error) {
	if !strings.HasPrefix(key, channelKeyPrefix) || len(key) > maxChannelKey || !validPoolID(channel) {
		return Channel{}, errChannelKey
	}
	var found Channel
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.Channel(ctx, channel)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Channel{}, errChannelKey
	}
	if err != nil {
		return Channel{}, err
	}
	if matches := hmac.Equal([]byte(found.KeyHash), []byte(s.channelKeyHash(key))); !matches || !found.HasKey || !found.Active {
		return Channel{}, errChannelKey
	}
	return found, nil
}

// errChannelKey does not say which of these it was.
var errChannelKey = &Error{Code: CodeUnauthenticated, Field: "Authorization", Detail: "the channel's key is needed"}
