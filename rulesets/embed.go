// Package rulesets holds the rulesets that ship with Fairgate, as data. There
// is no code here: the language is package rules, loading is rules/source.
package rulesets

import "embed"

// Files are the shipped rulesets, one YAML file each.
//
//go:embed *.yaml
var Files embed.FS
