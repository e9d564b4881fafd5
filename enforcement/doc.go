// Package enforcement is the fourth room of the house: it decides what is
// done about a verdict, does it, and can undo it.
//
// It owns precedence, fail modes, lists and exceptions (enforcement/lists),
// challenges and passes (enforcement/challenge), the review queue and labels
// (enforcement/cases), what is kept for measuring (enforcement/ledger), and
// the Enforcer that consumes published verdicts. It reaches the booking
// system only over HTTP and knows no console.
package enforcement
