// Package undo takes back what a rule did, in one version of the ruleset or in
// a period: every block that rests on one of its matches, and every order that
// was withdrawn because of one.
//
// A preview counts and lists it. An undo is a job that is written down and
// carried out in the background, page by page; a process that dies is followed
// by another where it stopped, and doing a page again changes nothing. Blocks
// are lifted, whether or not they have ended, so that they are no earlier
// offence either; verdicts of the rule that are still under way make no new
// ones, nor do those of a process that runs the version a moment longer than
// others. Withdrawn orders are queued to be given back, and the booking system
// tells those who booked them; whose block was lifted while it stood, and who
// gets no order back, is told so by a message, and who could not be told is
// counted. Undecided cases that hold nothing else are
// closed, without a label: that a rule was wrong does not tell who stands
// behind an account.
//
// What something else justifies as well is left, and listed with the reason: a
// block of somebody whom a person confirmed to be a scalper, and the orders of
// an account that another rule's entry, or an operator's, denies still. What
// cannot be reversed is told by its state: an order whose place is gone is
// lost; one that was past its cut-off was never taken.
//
// It owns the job and its order. What lifting and giving back mean is up to
// lists and withdrawals. It does not keep the rule from going on: a rule that
// is wrong is weakened first.
package undo
