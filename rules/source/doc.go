// Package source brings rulesets to the program: it reads documents from a
// Source, compiles the active one, and replaces it while the service runs.
//
// It owns the file source and the Watcher. It does not know the language
// (package rules) nor what the programs are used for (package scoring, which
// takes the current one for every event). A ruleset that does not compile
// never replaces one that does.
package source
