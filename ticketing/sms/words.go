package sms

import (
	"strings"

	"fairgate/ticketing"
)

// Words are what a notice says, in Chinese and in English. A provider that wants
// templates approved gets one for each, with these words, a parameter named
// receipt in the place of {r}. Words of a code are the provider's own template;
// they are empty here.
func Words(purpose ticketing.MessagePurpose, receipt string) (zh, en string) {
	switch purpose {
	case ticketing.TellWithdrawn:
		zh, en = "占位未能保留,未产生费用。可凭回执 {r} 申诉。", "Your hold was released; nothing was charged. Appeal with receipt {r}."
	case ticketing.TellReinstated, ticketing.TellLifted:
		zh, en = "经人工复核,限制已解除,现可预约。给您带来不便,深表歉意。", "A person reviewed this and lifted the limit. You can book now. Sorry for the trouble."
	}
	return strings.ReplaceAll(zh, "{r}", receipt), strings.ReplaceAll(en, "{r}", receipt)
}
