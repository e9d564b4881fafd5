// Package digest keeps the ledger's finished hours condensed, so that figures
// over weeks need not read every event of them.
//
// It owns three tables in the ledger's ClickHouse, the Builder that fills them
// (with the writing user), and Cover, which tells readers what of a period they
// may take from there. It counts nothing itself: the figures and their
// definitions are metrics', which reads condensed hours and the plain events of
// the others with one and the same query.
//
// # What a row is
//
// Of all events of an account in an hour that are alike in everything that a
// figure can tell apart (kind, pool, day and order of a submission, what the
// house said of it, whether it was blocked, challenged, accepted, declined or
// came with a pass, and which rules blocked it) one row is left: with the time
// of the first of them, and the time and id of the last. The figures ask of
// such events only whether there are any, and which was the first or the last,
// so a row counts for all of them, and reading an hour both ways at once would
// change nothing. Rows are sorted by weight: what was refused, what else was
// asked of an order, and the rest, of which only few are ever looked at.
//
// # Exactness
//
// Hours are condensed from deduplicated rows, never by views at insertion, and
// published with one row that names the build its rows belong to, so that a
// reader never sees half an hour. The Builder keeps a checksum of what each hour
// was condensed from. Late events, repeats that completed an intent, replays and
// erasures change the data parts of their day, which it notices by the parts'
// names; it then compares that day's checksums and condenses again the hours
// that differ. Labels and what became of orders are not in here; they are read
// as they are.
package digest
