// Package pointer tells movements of a hand from movements that a program made,
// by statistics alone: how fast, how evenly, how straight a pointer moved.
//
// It owns the statistics (Summary), which the browser's collector computes in
// the same way from movements that never leave the page; the model (Model), a
// logistic regression over them whose coefficients are part of the program; and
// Fit with its cross-validation, which made them. It stands beside
// ingest/fingerprint, decides nothing, and imports no other package of the
// product. What a score means is for rules to say, and no score at all means
// nothing: fingers, keyboards and assistive technology move no pointer.
package pointer
