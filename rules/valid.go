package rules

import (
	"slices"

	"fairgate/ingest"
)

// Entities lists every Entity.
func Entities() []Entity {
	return []Entity{
		EntityAccount, EntityDevice, EntitySession, EntityIP, EntitySubnet, EntityASN,
		EntityDocument, EntityPhone, EntityPool,
	}
}

// Valid reports whether e is one of Entities.
func (e Entity) Valid() bool { return slices.Contains(Entities(), e) }

// shared reports that many unrelated people stand behind one key, so that
// blocking it would hurt them.
func (e Entity) shared() bool {
	return e == EntityIP || e == EntitySubnet || e == EntityASN || e == EntityPool
}

// Stages lists every Stage.
func Stages() []Stage { return []Stage{StageInline, StageOutcome, StageAsync} }

// Valid reports whether s is one of Stages.
func (s Stage) Valid() bool { return slices.Contains(Stages(), s) }

// Aggregates lists every Aggregate.
func Aggregates() []Aggregate {
	return []Aggregate{AggCount, AggDistinct, AggRegularity, AggSinceFirst, AggSinceLast}
}

// Valid reports whether a is one of Aggregates.
func (a Aggregate) Valid() bool { return slices.Contains(Aggregates(), a) }

// counts reports that a's values are whole numbers that grow with the window
// and end at the series limit.
func (a Aggregate) counts() bool { return a == AggCount || a == AggDistinct }

// CountedFields lists every Field.
func CountedFields() []Field {
	return []Field{
		FieldAccount, FieldDevice, FieldSession, FieldIP, FieldSubnet, FieldASN,
		FieldDocument, FieldPhone, FieldPool, FieldDay, FieldClaimed,
	}
}

// Valid reports whether f is one of CountedFields.
func (f Field) Valid() bool { return slices.Contains(CountedFields(), f) }

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
