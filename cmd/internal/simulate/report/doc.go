// Package report writes what a simulated run found into a folder: report.json
// for programs, and report.html, one page that needs nothing else, for people.
//
// It computes no figure: they are simulate's. It owns their picture.
package report
