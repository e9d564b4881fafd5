// Package sqlstore keeps the booking system in SQLite (modernc.org/sqlite) or
// PostgreSQL (pgx), with one SQL text for both. It owns the tables, their
// migrations and the way commits are grouped; it knows no rule of booking
// beyond the two that SQL itself must hold: places never fall below zero, and
// a document has one live position in a pool on a day.
//
// All writes of a process go through one writer, which commits what has piled
// up in one transaction. Writers of several processes take turns on one row.
// That serialises updates in both engines without row locks, which SQLite does
// not have, and makes thousands of bookings a second from a hundred commits.
//
// Jobs of one commit share their statements. What a job foresees
// (ticketing.Foresight) is read for all of them when the first asks; what it
// writes is gathered and written together, and undone in memory if it fails. A
// job with statements of its own reaches the transaction through a gate: what
// was gathered is written before, and the job has a savepoint. Where SQL
// refuses what was gathered, the jobs are run again one by one, so that only
// the one at fault is refused. The truth stays in SQL: its constraints judge
// every place and every document again.
//
// Pools and what they have left are kept in memory from one commit to the next
// as long as the turn says that no other process wrote in between, and for a
// second at most; refusals of a sold-out day cost no statement and no commit.
package sqlstore
