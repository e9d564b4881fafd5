// Package normal knows how ordinary accounts behave: for every feature, route
// and kind of request the percentiles by hour of the day and by day, and which
// thresholds would spare a given share of them.
//
// It owns three roll-ups in the ledger's ClickHouse, the Builder that rebuilds
// them (with the writing user), and the Reader (with the one that cannot
// write). It judges nobody: who is ordinary follows from labels and from what
// happened, as below. The features' values are those that the rules saw, as
// events and asynchronous verdicts carry them; those of degraded decisions,
// which are one gateway's estimates, are left out.
//
// # Who is ordinary
//
// An account is sorted once for the whole period asked for:
//
//   - human: its latest label that counts says so, whatever Fairgate did to it;
//   - scalper: its latest label that counts says so;
//   - suspect: neither, but something was held against it: a rule or a list
//     entry fired, it was challenged, blocked or would have been in observe
//     mode, or enforcement acted on it;
//   - clean: neither, and nothing was held against it.
//
// Ordinary are the human and the clean ones. Clean is not human: every answer
// says how many of the ordinary accounts carry a label, figures for those alone
// stand beside, and two errors remain that no counting removes. Scalpers whom
// nobody noticed are among the clean, so thresholds come out milder than they
// could be; people whom a rule wronged and nobody labelled are among the
// suspects, so the rate of a threshold like that rule's comes out too low. A
// label "human" counts seven days after its visit day, or at once when it names
// none; a label "scalper" counts at once, because it only takes an account out.
//
// # What is counted
//
// A person is harmed once, so everything is per distinct account, worst value
// first: of an account, only its highest and its lowest value within the hour,
// the day or the period count, and the rate of a threshold is the share of
// accounts that were ever beyond it.
//
// # Exactness
//
// Roll-ups are rebuilt, hour by hour, from deduplicated rows, never filled by
// views at insertion. An hour is published with one row that names the build
// its figures belong to, so that a reader never sees half an hour or one twice.
// The Builder compares what it built with what the ledger holds and builds
// again where they differ: late events, drained spools and erasures are in
// within minutes.
//
// Whole numbers below 1,000 are exact. Other values are rounded to three
// significant digits when they are asked for, away from what a threshold would
// hit (upwards for the highest values, downwards for the lowest), so that the
// number of accounts beyond a threshold is exact and a percentile is off by
// less than 1 %. Where a period is too large to be read at once, a sample of
// the accounts by a hash of their name is read; the answer tells its share.
package normal
