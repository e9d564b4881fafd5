// Package sms brings codes to phones. It owns the sending, the states of a
// message and when to try again; the messages themselves were written by
// package ticketing in the transactions that made their codes.
//
// No provider's interface is idempotent, so a message is never sent twice on a
// guess. It is queued; a process claims it, which makes it sending, and asks
// the provider under the message's own unique key. A clear answer settles it
// as sent or failed. Anything else (a timeout, a broken connection, a process
// that died while asking) makes it unknown, and then the provider's receipt
// decides: only a provider that has no trace of the key, a while after it was
// asked, is asked again. A message that would come too late to be of use is
// not sent at all. What is not lost on our side is therefore sent once on our
// side; delivery to the phone is the provider's to promise.
//
// Sub-package aliyun is a provider: Alibaba Cloud's message service. Sandbox is
// one that keeps messages in memory, for trying, simulating and testing.
package sms
