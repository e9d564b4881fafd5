// Package challenge asks visitors for a proof, and gives a short-lived pass for
// it: a proof of work, or, as the second grade, a code sent to the account's
// verified phone.
//
// The proof of work is that of the ALTCHA widget, protocol v1
// (https://altcha.org/docs/v2/proof-of-work/): find the number whose SHA-256
// with the salt is given. It is given only to who holds the ticket of a decision
// that asked for it, and its difficulty follows the decision, what was left
// unmet, and load, in four bands. A challenge is good once, for the visitor and
// the scope it was made for. The pass is bound to account, session, device, kind
// of request and pool; it is verified without any store and burnt in screening's
// own round trip. The package keeps no state but which challenges are spent and
// how many were met, and decides nothing: whether a challenge is asked for is
// enforcement's precedence. Codes are the booking system's, which alone knows
// the phones.
package challenge
