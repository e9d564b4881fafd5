// Package estimate computes the live quality figures from an audit sample:
// weighted ratio estimates with a 95 % interval.
//
// It owns arithmetic and nothing else: rows in, estimates out. Where the rows
// come from (enforcement/ledger/metrics reads them from the ledger, a simulator
// makes them) is no matter of its own, and it reads no clock and no database.
//
// # The sample
//
// An account is sampled anew in each week, by a secret hash of account and
// week, with the probability that was recorded when the decision about it was
// taken. Whether one unit is in the sample says nothing about another (Poisson
// sampling), and each counts for 1/probability of its kind. An account that was
// active in several weeks of a period could have been drawn in each of them: so
// each account-week stands for its share of the account, and no account counts
// twice (the multiplicity estimator; Z. W. Birnbaum and M. G. Sirken, Vital and
// Health Statistics 2(11), 1965).
//
// # The estimate and its interval
//
// A share is the Hájek ratio ΣwY/ΣwX of the weighted counts. Its variance is
// linearised for Poisson sampling, Σ(1-π)/π²·(Y-RX)²/(ΣwX)² (C.-E. Särndal,
// B. Swensson and J. Wretman, Model Assisted Survey Sampling, 1992, section
// 5.6), so that what was looked at in full adds none. The variance says how many
// equally likely units would tell as much, and the interval is that of a
// binomial share with so many trials: E. L. Korn and B. I. Graubard ("Confidence
// intervals for proportions with small expected number of positive counts
// estimated from survey data", Survey Methodology 24 (1998) 193–201), with mid-P
// tails in place of the exact ones, which cover too much (A. Agresti and
// A. Gottard, "Nonconservative exact small-sample inference for discrete data",
// Computational Statistics & Data Analysis 51 (2007) 6447–6458).
//
// Where few units of some probability were drawn and none of them counts in the
// numerator, their own residuals would say that none of the others does either.
// So each such group is taken to have had one event at the overall rate before
// its own are looked at; with more events that fades.
//
// The interval is about the period's accounts as they were. Over ten events it
// covers their true share in 93 to 97 % of samples; with fewer it covers it more
// often, never less than in 93 %.
package estimate
