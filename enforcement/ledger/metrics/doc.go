// Package metrics reads the quality figures from the ledger: how many people
// were hurt, how many scalpers got through, how many intents were intercepted,
// and whether the ledger is complete enough to say so.
//
// It owns the definitions' arithmetic and nothing else. Figures come from
// deduplicated rows and from labels only, never from the engine's own opinion
// of an account, and never from roll-ups made at insertion. Finished hours are
// read condensed, as package digest keeps them, which changes no figure: a late
// event is in as soon as its hour was condensed again, within a minute or so, and
// everything else at once. It reads through a database user of its own that
// cannot write.
//
// # How the figures are counted
//
// A period selects events by their time. An account counts with the latest of
// its labels that is mature: seven days after its visit day, or at once when
// it names none. What became of an order is the last that the booking system
// reported of it (whenever that was), or else what the response said.
//
//   - A person was harmed when Fairgate blocked a request of the account, when
//     a place was withdrawn and not given back, or when the person gave up
//     after a challenge: after the last challenge of some kind of request, no
//     request of that kind reached the booking system. People who were harmed
//     before they could try to book count as having tried.
//   - A scalper account kept a ticket when an order that it submitted was not
//     lost again: expired, cancelled, refunded or withdrawn.
//   - An intent is one operator and one day of one pool. The operator is the
//     one the label names, else the account. It was intercepted when nothing
//     of it was kept and Fairgate refused one of its requests or undid its
//     order. Intents that only stock or the booking rules refused do not
//     count; those abandoned at a challenge, or accepted and lost for other
//     reasons, count and were not intercepted.
//
// Once labels of drawn accounts exist (the audit sample), the figures are
// weighted estimates from those alone, by enforcement/ledger/estimate; others,
// which somebody had a reason to look at, tell about themselves only. A hint
// (a challenge's result, what the booking system reported) never outweighs what
// a person said, and where hints do not suffice the account is not labelled.
// The accounts that are known to be one operator's share its intents, drawn or not.
package metrics
