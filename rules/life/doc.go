// Package life is the way of a ruleset from an idea to the visitors: draft,
// review, publication, and what is undone again.
//
// It owns the versions of a document and their states, the comparison of two
// rulesets into changes that weaken or strengthen, the policy of who may
// publish what with whom, and break-glass. It stores nothing (its Store does,
// see rules/source/sqlstore), evaluates nothing (package rules) and knows
// neither counters nor people's roles: whoever calls it has checked that the
// person may, and records in the audit log what was done.
//
// # The policy
//
// What is published is a whole document, by the hash of its text. A publication
// names the hash that it replaces; if something else was published meanwhile,
// it is refused. Every change is weaker, neutral or stronger (Diff):
//
//   - Where nothing becomes stronger, one person publishes at once, with a
//     reason. Rules that act neither before nor after are neutral: shadow never
//     acts.
//   - Anything else, and whatever cannot be judged, needs the approval of a
//     second person, who is neither the author nor an editor of the text. The
//     approval holds for that text in place of that other one: an edit voids it.
//   - A rule begins as draft or shadow. From shadow it goes to canary and from
//     there to live; retired rules return to shadow only. What skips the canary
//     or was hardly observed takes a word of the approver, who says why.
//   - Parts that know more than the document, such as what it would have done to
//     yesterday's visitors, object through Gate. They are not asked about what
//     one person may do at once: weakening must not wait for a backtest.
//
// Break-glass is an overlay beside the published document: for an hour one rule
// challenges, on the word of one person. See Tightening.
package life
