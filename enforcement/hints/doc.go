// Package hints gathers what happens to an account by itself and hints at what
// it is: how its challenges ended, and what became of its orders at the gate.
// Out of that it makes labels of the sources "challenge" and "outcome".
//
// A hint is weak. What a person said outweighs all hints, whenever that was;
// and hints label an account a scalper only where they add up to a person's
// word, which no kind of them but strangers with its tickets does alone: people
// miss visits, mistype codes and give up. An account that passes is nobody's
// proof either, since solvers pass for a fee, so hints label no human: they say
// "unknown", with what they come to. RATIONALE.md has the weights.
//
// Facts are sets, so that repeats change nothing and any order of arrival comes
// to the same: what a challenge came to is kept once per account and ten minutes,
// what became of an order by the report's id. A no-show that is taken back
// counts no more. Some time after a first fact the account is weighed, so that
// what was asked can be met and contradictions can arrive; the label is mature a
// week after the last visit day that it speaks about. Facts are bounded by
// account and age.
//
// It owns the facts, their weighing and when a label is said anew. Labels are
// kept and published by the review queue, to which it hands them. It hears of
// orders by the booking system's reports alone, and of challenges by published
// verdicts.
package hints
