// Package sqlstore keeps the booking system in SQLite (modernc.org/sqlite) or
// PostgreSQL (pgx), with one SQL text for both. It owns the tables, their
// migrations and the way commits are grouped; it knows no rule of booking
// beyond the two that SQL itself must hold: places never fall below zero, and
// a document has one live position in a pool on a day.
//
// All writes of a process go through one writer, which commits what has piled
// up in one transaction, each job in a savepoint of its own. Writers of several
// processes take turns on one row. That serialises updates in both engines
// without row locks, which SQLite does not have, and makes some thousands of
// bookings a second from a few hundred commits.
package sqlstore
