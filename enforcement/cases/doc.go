// Package cases is the review queue: one case for each subject that was
// flagged or blocked, with the evidence, until an operator confirms or clears
// it. What operators decide, and truth that comes from elsewhere, becomes
// labels.
//
// It owns cases, evidence and labels. Clearing a subject also lifts its
// entries through the lists and gives back what it lost through withdrawals;
// both are passed in. It knows no rule and no console.
package cases
