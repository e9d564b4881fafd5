package ticketing

import (
	"errors"
	"fmt"
)

// maxListFaults bounds how many faults of a list are told.
const maxListFaults = 20

// CheckPeople says what would be wrong with the persons of a group, each fault
// by its position and field, the first twenty at most. It keeps nothing and asks
// nobody: whether they have places is for BookGroup to find.
func (s *Service) CheckPeople(people []Visitor) []*Error {
	if len(people) == 0 || len(people) > maxGroup {
		return []*Error{{Code: CodeInvalidField, Field: "positions", Detail: fmt.Sprintf("want 1 to %d persons, got %d", maxGroup, len(people))}}
	}
	var faults []*Error
	seen := map[string]int{}
	for i, visitor := range people {
		if len(faults) == maxListFaults {
			return faults
		}
		p, err := s.position(fmt.Sprintf("positions[%d]", i), visitor)
		if refused, ok := errors.AsType[*Error](err); ok {
			faults = append(faults, refused)
			continue
		}
		if err != nil { // of what is made at random, not of the person
			faults = append(faults, ErrUnavailable)
			continue
		}
		if first, twice := seen[string(p.DocumentKey)]; twice {
			faults = append(faults, &Error{
				Code: CodeInvalidField, Field: fmt.Sprintf("positions[%d].document.number", i),
				Detail: fmt.Sprintf("the same document as positions[%d]", first),
			})
			continue
		}
		seen[string(p.DocumentKey)] = i
	}
	return faults
}
