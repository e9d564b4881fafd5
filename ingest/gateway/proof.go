package gateway

import (
	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// prove looks at the signature of a booking. Others are not looked at: a
// signature costs more than all the rest of screening.
func (g *Gateway) prove(x *exchange) {
	if x.event.Kind != ingest.KindOrderSubmit {
		return
	}
	header := fingerprint.First(x.headers, fingerprint.ProofHeader)
	if header == "" {
		return
	}
	x.event.Proof, x.event.ProofNonce = fingerprint.ReadProof(header, x.method, x.path, x.body, x.identity.Sealed, x.start)
	g.metrics.proofs.WithLabelValues(string(x.event.Proof)).Inc()
}
