// Package backfill makes new features warm at once: it reads the events of a
// feature's window from the ledger, in order of time, and puts them into the
// feature's own series in the shared counters (scoring.Backfill), at a bounded
// rate, while live screening goes on.
//
// It owns the jobs: one for each definition, kept in SQL, worked on by one
// process at a time, taken up again by another where that one ended, cancelled
// by an operator. It does not own what is counted (scoring) nor what being warm
// means (scoring/warmup), nor how history is read (History).
//
// # What is exact
//
// Features that are kept as events count each event once, whether live counting
// or the backfill or both put it in, so they become what they would be had they
// been declared a window ago, as far as the ledger is complete. Features that
// are kept in buckets cannot tell events apart afterwards: the backfill ends
// where the first process began to count, and what other processes took in the
// few seconds until they had the new version is missing. Where such a feature
// was counted in an earlier run that its window still sees, a backfill would
// count twice, and is refused: it has to warm by itself.
package backfill
