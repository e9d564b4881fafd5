// Package erasure takes the accounts that their holders gave up out of every
// store of the house.
//
// It owns the queue, in SQL: what the booking system erased, which it follows
// by its record of erasures, and what an operator asked for. Each account is
// taken out twice. The first time, at once, what still acts is taken back, so
// that gateways and workers let go of it. The last time, when what was under way
// has arrived (Options.Settle), nothing is left that names the account, the
// queue's own row included. A store that fails is tried again with the others,
// which is harmless, until all have succeeded.
//
// # What stays, and for how long
//
// Rows that count against a rule, or show that an order was taken back, stay
// under a pseudonym (enforcement.Erasure), because a rule's debit must not
// depend on whom it hit. Devices that were denied because of the account stay
// denied, without its name. The audit log of the operators, which is chained and
// cannot be changed, keeps the account's number, of which nothing says any more
// whose it was, for as long as the law has logs kept; messages in Kafka go with
// their topic's retention, and from the log of links, which is compacted and has
// none, when Kafka compacts it. What the booking system keeps is its own affair:
// its orders keep the number without a person.
//
// It does not own how a store forgets: each owning package implements
// enforcement.Eraser.
package erasure
