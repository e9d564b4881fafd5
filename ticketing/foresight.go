package ticketing

// Foresight is what an update will probably read. A store that commits updates
// in groups reads it for the whole group at once. It changes no result: an
// update may read anything else, and need not read what it foresaw.
type Foresight struct {
	Scope, Key string   // of the answer that is recalled; no key = none
	Account    string   // whose positions are counted
	Place      Place    // where places are taken
	Documents  [][]byte // keyed HMACs of the visitors' documents
}
