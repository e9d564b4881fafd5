// Package live reads from the ledger what happens now: the last minute's
// traffic, who booked how much of which day, and what each rule blocked.
//
// It owns these queries and judges nothing; enforcement/alert/watch does. Every
// query names a site and a stretch of time, by which the tables are sorted, so
// that what it costs grows with that stretch and not with the ledger. Figures of
// the last minute are exact for repeated deliveries (FINAL over the minute);
// those of days count distinct sources, which no repeat changes either.
//
// The ledger is behind by its batches: an event of now is read about two
// seconds later.
package live
