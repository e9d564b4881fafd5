package collector

import "net/http"

// Result is what became of a beacon, the label of beacons_total.
type Result string

// The results.
const (
	Accepted       Result = "accepted"
	TooLarge       Result = "too_large"
	Malformed      Result = "malformed" // no JSON, or not of the form
	TooDeep        Result = "too_deep"
	TooMany        Result = "too_many" // values in all
	Duplicate      Result = "duplicate_key"
	UnknownField   Result = "unknown_field"
	BadValue       Result = "bad_value" // of the wrong type or out of its bounds
	NoDevice       Result = "no_device" // without a valid device token; one comes with the answer
	NonceMalformed Result = "nonce_malformed"
	NonceForged    Result = "nonce_forged"
	NonceExpired   Result = "nonce_expired"
	NonceFuture    Result = "nonce_future"
	NonceForeign   Result = "nonce_foreign" // issued to another device
	Replayed       Result = "replayed"
	BadProof       Result = "bad_proof"
	Failed         Result = "failed" // a fault on our side
)

// Results lists every Result.
func Results() []Result {
	return []Result{
		Accepted, TooLarge, Malformed, TooDeep, TooMany, Duplicate, UnknownField, BadValue, NoDevice, NonceMalformed,
		NonceForged, NonceExpired, NonceFuture, NonceForeign, Replayed, BadProof, Failed,
	}
}

// Refusal is a beacon that was not believed.
type Refusal struct {
	Result Result
	// Field names what was wrong, where it was one field.
	Field  string
	Detail string
}

// Error says what was wrong, without the value.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return string(r.Result) + ": " + r.Detail
	}
	return string(r.Result) + ": " + r.Field + ": " + r.Detail
}

// Status is the HTTP status of the answer: 409 where a new nonce helps.
func (r *Refusal) Status() int {
	switch r.Result {
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case NoDevice, NonceExpired, NonceFuture, NonceForeign, NonceForged, Replayed:
		return http.StatusConflict
	case Failed:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// Noted reports that the refusal says something about the sender, so that it
// becomes an event that rules can count: a well-formed beacon that is not its
// sender's own, or not new. A browser that slept over its nonce sends an
// expired one, which says nothing.
func (r *Refusal) Noted() bool {
	switch r.Result {
	case NonceForged, NonceForeign, NonceFuture, Replayed, BadProof:
		return true
	default:
		return false
	}
}

func refuse(result Result, field, detail string) *Refusal {
	return &Refusal{Result: result, Field: field, Detail: detail}
}
