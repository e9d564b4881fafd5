// Package notice is what a venue tells its visitors: announcements, booking
// rules, closures, and the venue's own page. It owns their life (draft →
// scheduled → published → withdrawn), their history, and the versions by which
// a page can tell that it is stale.
//
// When something is shown follows from two moments and the clock at reading, so
// that no job has to fire: schedules survive restarts, and all processes show
// the same. Versions are counted from what is stored and from the moments that
// have passed; they grow when what visitors read changes and at no other time,
// provided that the clocks of a fleet agree, as they must anyway.
//
// What visitors poll is answered from memory for a fraction of a second. What
// the house does is kept for good: each version of an announcement with who
// made it and when.
//
// The package stands beside the booking rules of package ticketing, which asks
// it only which version of the rules is in force; it knows neither SQL nor HTTP.
package notice
