// Package desk is the console's way to the booking system: it speaks HTTP to its
// internal API with the house's key of operations, in the operator's name.
//
// It owns the client with its time and size limits. It decides nothing about
// bookings, and who may do what is console/httpapi's affair.
package desk
