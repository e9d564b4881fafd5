// Package withdrawals takes back what blocked accounts hold, and gives it back
// when they are cleared.
//
// It owns a durable queue of sweeps (one per deciding event) and the record of
// every order taken back. Each order is written down before the booking system
// is asked, so that a crash in between neither loses the action nor repeats
// it. It decides nothing: who is swept is the Enforcer's word, who is cleared
// an operator's.
package withdrawals
