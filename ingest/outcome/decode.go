package outcome

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Bounds of one batch.
const (
	MaxBatch = 200
	MaxBytes = 1 << 20
)

// Decode reads a batch {"events":[…]} of 1 to MaxBatch records and validates
// each. It takes the batch whole or not at all; the error, an ErrInvalid,
// names every faulty entry. Fields that it does not know are passed over, so
// that a booking system may say more than is asked; of a field that comes
// twice the last one counts.
func Decode(body []byte) ([]Record, error) {
	if len(body) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrInvalid, len(body), MaxBytes)
	}
	var batch struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := decodeStrict(body, &batch); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if n := len(batch.Events); n == 0 || n > MaxBatch {
		return nil, fmt.Errorf("%w: events has %d entries, 1 to %d are taken", ErrInvalid, n, MaxBatch)
	}
	records := make([]Record, len(batch.Events))
	var errs []error
	for i, raw := range batch.Events {
		r := &records[i]
		if err := json.Unmarshal(raw, r); err != nil {
			errs = append(errs, fmt.Errorf("%w: events[%d]: %w", ErrInvalid, i, err))
			continue
		}
		if err := r.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("events[%d]: %w", i, err))
			continue
		}
		r.OccurredAt = r.OccurredAt.UTC()
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return records, nil
}

// decodeStrict decodes one JSON value and refuses anything after it.
func decodeStrict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("something follows the batch at byte %d", d.InputOffset())
	}
	return nil
}
