package rules

import (
	"slices"

	"fairgate/ingest"
)

// Entities lists every Entity that is not a pair.
func Entities() []Entity {
	return []Entity{
		EntityAccount, EntityDevice, EntitySession, EntityIP, EntitySubnet, EntityASN,
		EntityDocument, EntityPhone, EntityPool, EntityCluster, EntityFamily, EntityPhoneBlock, EntityPayee, EntityChannel,
	}
}

// Valid reports whether e is one of Entities; no pair is.
func (e Entity) Valid() bool { return slices.Contains(Entities(), e) }

// shared reports that many unrelated people stand behind one key, so that
// blocking it would hurt them.
func (e Entity) shared() bool {
	if a, b, pair := e.Parts(); pair {
		return a.shared() && b.shared()
	}
	return e == EntityIP || e == EntitySubnet || e == EntityASN || e == EntityPool || e == EntityFamily || e == EntityPhoneBlock || e == EntityChannel
}

// Stages lists every Stage.
func Stages() []Stage { return []Stage{StageInline, StageOutcome, StageAsync} }

// Valid reports whether s is one of Stages.
func (s Stage) Valid() bool { return slices.Contains(Stages(), s) }

// Aggregates lists every Aggregate.
func Aggregates() []Aggregate {
	return []Aggregate{
		AggCount, AggSum, AggDistinct, AggRegularity, AggSinceFirst, AggSinceLast, AggSinceOther, AggAge,
		AggRatio, AggShare, AggChange,
	}
}

// Valid reports whether a is one of Aggregates.
func (a Aggregate) Valid() bool { return slices.Contains(Aggregates(), a) }

// counts reports that a's values are whole numbers that grow with the window
// and that events can only add to.
func (a Aggregate) counts() bool { return a == AggCount || a == AggDistinct || a == AggSum }

// CountedFields lists every Field that AggDistinct can count.
func CountedFields() []Field {
	return []Field{
		FieldAccount, FieldDevice, FieldSession, FieldIP, FieldSubnet, FieldASN,
		FieldDocument, FieldPhone, FieldPool, FieldDay, FieldClaimed,
		FieldCluster, FieldFamily, FieldBlock, FieldPayee, FieldChannel, FieldOrder, FieldImprint, FieldAgent,
	}
}

// SummedFields lists every Field that AggSum can add up.
func SummedFields() []Field { return []Field{FieldPositions, FieldDocuments, FieldLatency} }

// SharedFields lists every Field that AggShare can tell apart: the entities.
func SharedFields() []Field {
	var out []Field
	for _, f := range CountedFields() {
		if Entity(f).Valid() {
			out = append(out, f)
		}
	}
	return out
}

// Valid reports whether f is one of CountedFields or SummedFields.
func (f Field) Valid() bool {
	return slices.Contains(CountedFields(), f) || slices.Contains(SummedFields(), f)
}

// Precisions lists every Precision.
func Precisions() []Precision { return []Precision{PrecisionExact, PrecisionBucketed} }

// Valid reports whether p is one of Precisions.
func (p Precision) Valid() bool { return slices.Contains(Precisions(), p) }

// Modes lists every Mode.
func Modes() []Mode { return []Mode{ModeDraft, ModeShadow, ModeCanary, ModeLive, ModeRetired} }

// Valid reports whether m is one of Modes.
func (m Mode) Valid() bool { return slices.Contains(Modes(), m) }

// Active reports that rules of this mode are evaluated.
func (m Mode) Active() bool { return m == ModeShadow || m == ModeCanary || m == ModeLive }

// ruleActions are the actions that a rule may ask for.
func ruleActions() []ingest.Action {
	return append([]ingest.Action{ActionScore}, bandActions()...)
}

// bandActions are the actions that a score band may ask for.
func bandActions() []ingest.Action {
	return []ingest.Action{ingest.Flag, ingest.Challenge, ingest.Block}
}

// ruleReasons are the reason classes that a rule may give.
func ruleReasons() []ingest.Reason {
	return []ingest.Reason{
		ingest.ReasonPace, ingest.ReasonIdentity, ingest.ReasonClient, ingest.ReasonReview, ingest.ReasonService,
	}
}
