// Package rules is the second room of the house: the language in which
// analysts say what scalping looks like.
//
// It owns the document (Ruleset, Feature, Rule), its compilation into a
// Program, evaluation, explanation and lint. It counts nothing and stores
// nothing: feature values come from scoring, documents from rules/source. It
// knows ingest (whose events it describes) and nothing downstream.
package rules
