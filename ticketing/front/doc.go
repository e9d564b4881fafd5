// Package front is the visitors' web pages: announcements, the calendar with
// what is left, booking, paying in the sandbox, tickets with their QR codes,
// changing, cancelling and transferring. It owns the pages, their words in
// Chinese and English, and how they are served; it applies no rule of booking
// and calls nothing of package ticketing. The pages use the public API alone,
// through the gateway, like any other client.
//
// The booking system serves the pages (ticketing/httpapi, outside /api), and
// the gateway forwards them like any other reading. The gateway itself knows
// nothing of them and mounts nothing for them, so it can stand in front of a
// booking system that has pages of its own. Its route table only names their
// addresses, with mode observe: the page itself always loads, and who is asked
// for a challenge or refused meets it at the API, where the page can show it.
//
// web/ holds the sources (TypeScript, Preact, Vite) and dist/ what is built
// from them. dist/ is committed, so that building the program needs no npm;
// `make web` builds it anew and `make web-check` tells whether that was
// forgotten.
package front
