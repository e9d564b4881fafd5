// Package life is the way of a ruleset from an idea to the visitors: draft,
// review, publication, and what is undone again.
//
// It owns the versions of a document and their states, the comparison of two
// rulesets into changes that weaken or strengthen, and the policy of who may
// publish what with whom. It stores nothing (its Store does, see
// rules/source/sqlstore), evaluates nothing (package rules) and knows neither
// counters nor people's roles: whoever calls it has checked that the person may.
//
// Parts that know more than the document, such as what it would have done to
// yesterday's visitors, object to a publication through Gate.
package life
