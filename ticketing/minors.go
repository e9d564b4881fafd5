package ticketing

import (
	"fmt"
	"strings"
	"time"

	"fairgate/ticketing/document"
)

// ageOn is the visitor's age in full years on a day, if the document tells it.
func (p Position) ageOn(day Date) (years int, known bool) {
	at, err := time.Parse(time.DateOnly, string(day))
	if p.born.IsZero() || err != nil {
		return 0, false
	}
	years = at.Year() - p.born.Year()
	if at.Month() < p.born.Month() || at.Month() == p.born.Month() && at.Day() < p.born.Day() {
		years--
	}
	return years, true
}

// tieMinors gives every minor an adult of the same order, the adults taking
// turns. Who has no known age counts as an adult, because only documents that
// carry a date of birth can show a minor.
func (r Rules) tieMinors(positions []Position, on Date) error {
	if r.MinorAge == 0 {
		return nil
	}
	var adults []string
	for i := range positions {
		positions[i].AdultID = ""
		if age, known := positions[i].ageOn(on); !known || age >= adultAge {
			adults = append(adults, positions[i].ID)
		}
	}
	tied := 0
	for i := range positions {
		age, known := positions[i].ageOn(on)
		if !known || age >= r.MinorAge {
			continue
		}
		if len(adults) == 0 {
			return &Error{Code: CodeAdultNeeded, Field: fmt.Sprintf("positions[%d]", i), Detail: fmt.Sprintf("visitors under %d need an adult in the same order", r.MinorAge)}
		}
		if r.MinorsPerAdult > 0 && tied >= r.MinorsPerAdult*len(adults) {
			return &Error{Code: CodeAdultNeeded, Field: fmt.Sprintf("positions[%d]", i), Detail: fmt.Sprintf("one adult may bring at most %d visitors under %d", r.MinorsPerAdult, r.MinorAge)}
		}
		positions[i].AdultID = adults[tied%len(adults)]
		tied++
	}
	return nil
}

// recallAges gives stored positions their dates of birth again, which only
// their documents tell.
func (s *Service) recallAges(positions []Position) error {
	for i, p := range positions {
		text, err := s.vault.Open("document", p.DocumentSealed)
		if err != nil {
			return fmt.Errorf("read the age of position %q: %w", p.ID, err)
		}
		nationality, number, _ := strings.Cut(text, "\n")
		positions[i].born, _ = document.Document{Type: p.DocumentType, Number: number, Nationality: nationality}.Born()
	}
	return nil
}
