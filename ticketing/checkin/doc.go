// Package checkin is what happens at the gates: terminals and their keys, the
// scan of a ticket's code or of a document, the answer to it, and how many are
// inside. It owns terminals, scans and what scans come to; it reads orders and
// the pools' rules for check-in (ticketing.CheckInRules) and changes neither.
// It knows neither SQL nor HTTP: sqlstore keeps it behind the Store declared
// here, httpapi serves it.
//
// # Scans
//
// Every scan carries a nonce of its terminal's choice. The same nonce again is
// the same scan: it gets the same answer, also from another process after a
// crash, and lets nobody in twice; with another content it is refused. Another
// nonce for somebody who entered is answered already_redeemed, with when and
// where, unless the pool allows re-entry. Scans are appended and never changed;
// no code and no document is kept with them. Scans that arrive together are
// judged in one transaction, one after another (see Desk).
//
// Check-ins and changes of orders go through one store, which runs its
// transactions one at a time: of a cancellation and a check-in that cross,
// exactly one wins.
//
// # Time
//
// On line the service's clock judges; the terminal's is noted, and a terminal
// whose clock is off is told. Scans made off line are judged by their own time,
// corrected by how far the terminal's clock is off at the upload.
//
// # Keys
//
// A terminal has one secret of 32 bytes, made here and shown once (see Key). It
// yields, by HKDF, an Ed25519 key that signs the terminal's sign-in and an
// X25519 key that off-line lists are sealed to with HPKE (RFC 9180). Only the
// public halves are stored, so that a copy of the database signs no terminal in
// and opens no list.
package checkin
