package sms_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ticketing"
	"fairgate/ticketing/sms"
)

func TestWordsOfNotices(t *testing.T) {
	t.Parallel()
	zh, en := sms.Words(ticketing.TellWithdrawn, "R-1")
	assert.Equal(t, "占位未能保留,未产生费用。可凭回执 R-1 申诉。", zh)
	assert.Equal(t, "Your hold was released; nothing was charged. Appeal with receipt R-1.", en)
	for _, purpose := range []ticketing.MessagePurpose{ticketing.TellReinstated, ticketing.TellLifted} {
		zh, en = sms.Words(purpose, "R-1")
		assert.Contains(t, zh, "现可预约", purpose)
		assert.Contains(t, en, "You can book now", purpose)
		assert.NotContains(t, en, "R-1", purpose)
	}
	zh, en = sms.Words(ticketing.MessagePurpose(ticketing.PurposeSignIn), "123456")
	assert.Empty(t, zh+en, "a code's words are the provider's template")
}
