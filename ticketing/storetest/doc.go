// Package storetest is the conformance suite of ticketing.Store: what every
// store must hold, whichever engine is behind it. A store's own test calls Run
// with a way to open empty stores.
package storetest
