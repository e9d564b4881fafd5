// Package budget guards people from a rule that misfires: it counts, for each
// rule and hour, the people that the rule blocked, and turns it down to a
// challenge when they are more than its budget.
//
// A person is an account with evidence that a farm cannot make cheaply: its
// holder was checked in at the venue, a reviewer or an appeal cleared it, a
// reviewer of the audit sample called it human, or it has been seen for a long
// time, on several days, without a flag, a block or a challenge that it did not
// meet. Accounts of one cluster are one person. Bookings prove nothing, and so
// accounts made yesterday can be blocked by the ten thousand without touching
// any budget. A label that says scalper outweighs all of it until the account
// is cleared.
//
// The budget of a rule in an hour of event time is a share of the people who
// were active in that hour or in the one before, whichever were more, and never
// fewer than a floor, so that one person in a quiet hour turns nothing down. A
// rule beyond it asks for a challenge where it would block, in every gateway
// within a second and in the enforcer at once; nothing makes it milder than
// that by itself. It stays so until another person than its owner lifts it, or
// the rule says something else (its condition, what it acts on, or a feature
// that it reads was changed): a new content has a budget of its own, and a
// return to the old one finds it turned down still. After a lift the budget
// begins anew.
//
// It owns evidence, counting and the turning down, all in SQL. Who is
// blocked is up to the rules and the lists; entries that the rule made before
// stand, and the console lists them. A block of an entry counts when the rule
// makes it, not again each time the entry refuses somebody.
package budget
