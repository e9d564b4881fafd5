// Package watch looks for attack patterns and for what fails, and reports them
// to package alert: a surge of hostile traffic, a rule off its norm, a new
// cluster, a pool drained too fast, an engine away, a block budget near its end,
// and rates of error that have moved.
//
// A watcher is one small file for one pattern: pure arithmetic over figures that
// its interface gives it, and the words for operators in both languages. The
// Runner gives each its rhythm and a time limit, sees to it that of a fleet of
// processes one watches at a time (a lease in SQL), and keeps an alert open while
// its figures cannot be read: that nobody can look is no sign that it is over. A
// source that cannot be read is a finding itself.
//
// It owns thresholds, each with its reason beside the default, and acts on
// nothing: what was done by itself the findings only tell.
package watch
