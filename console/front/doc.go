// Package front is the operators' web application: the pages of the console in
// Chinese and English, and how they are served. It owns the pages, their words
// and the headers that guard them. It decides nothing: the pages use the
// operators' API alone (console/httpapi), which checks who may call what.
//
// It stands on the console's own listener, after the API: whatever path the API
// does not have and that could be a page is answered with the application,
// which routes by itself. cmd/internal/app puts the two together.
//
// web/ holds the sources (TypeScript, React, Vite) and dist/ what is built from
// them. dist/ is embedded; where it was not built, every page says how to.
package front
