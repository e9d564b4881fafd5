// Package challenge asks for a proof of work and gives a short-lived pass for
// it.
//
// The challenge is that of the ALTCHA widget, protocol v1
// (https://altcha.org/docs/v2/proof-of-work/): find the number whose SHA-256
// with the salt is given. A challenge is good once, for the visitor and the
// scope it was made for. The pass is bound to the account or session, the
// device, the kind of request and the pool; it is verified without any store
// and burnt in screening's own round trip. The package keeps no state but
// which challenges are spent, and decides nothing: whether a challenge is
// asked for is enforcement's precedence.
package challenge
