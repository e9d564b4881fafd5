// Package ticketing is the booking system: accounts and their sign-in, pools
// of places with days and capacity, orders and what may become of them. This
// root package owns the types, the rules, the errors and the Service that
// applies them; it knows neither SQL nor HTTP.
//
// Accounts are opened with a phone number and a password, with a code sent to
// the number, or through WeChat; whoever has proved two of these links them to
// one account. Codes are six digits, kept as keyed HMACs, good for five
// minutes, five tries and one use; their limits (one a minute, five an hour, ten
// a venue's day for a number, and a cap over all) are counted in the
// transaction that makes them. Phone numbers, openids and unionids are kept
// sealed and found by keyed HMAC; answers show numbers masked.
//
// A pool is of a kind: an exhibition, or something that visitors sign up for
// (Activity) and that asks them fields of its own. What they answer is kept in
// the field's words at the time, and sealed where it is personal. A day of such
// a pool may open for booking at a moment of its own.
//
// A pool's day has places in all or by time slots, and may release them by
// stages: what is withheld cannot be booked. A pool offers ticket types, or one
// implicit type; a position is one person with one secret. Rules of a pool are
// in force from the next booking on, and every change of a pool is audited. No
// change takes a booked place away.
//
// Places may be kept for channels (Allotment): they are part of what is
// withheld, and go to general sale when their time is over. A channel has an
// account of its own and a key, and sells its own places first.
//
// Sub-packages are named for their technology: sqlstore keeps everything in
// SQLite or PostgreSQL behind the Store declared here, httpapi is the HTTP
// surface, outbox delivers what happened to orders as signed webhooks,
// sms brings codes to phones, wechat asks WeChat who a visitor is,
// storetest is the conformance suite of every Store, document knows identity
// documents, ticket makes and checks QR codes, namelist reads the spreadsheets
// of groups, checkin is what happens at the gates, notice is what the venue
// tells its visitors, front is the pages they book on, microcache answers what
// they poll, inspection looks every day for what cannot be right, and vault
// keeps the keys of personal data.
//
// The package stands beside Fairgate's line, behind the gateway, and knows
// nothing of risk: whoever wants a booking undone asks over HTTP, by the
// neutral rule that a provisional place may be withdrawn until its pool's
// cut-off.
package ticketing
