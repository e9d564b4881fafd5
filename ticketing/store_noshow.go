package ticketing

import (
	"context"
	"time"
)

// NoShowReader reads what no-shows are judged by. NoShowDaysDue lists pool days
// of a span, both ends included, that have not been judged, oldest first;
// AttendanceOf counts a pool day; MissedOrders lists orders with booked
// positions that neither entered nor are recorded; EnteredAfterAll lists
// positions recorded as no-shows, of days from one on, that entered.
type NoShowReader interface {
	NoShowDaysDue(ctx context.Context, from, to Date) ([]Place, error)
	AttendanceOf(ctx context.Context, pool string, day Date) (Attendance, error)
	MissedOrders(ctx context.Context, pool string, day Date, limit int) ([]string, error)
	EnteredAfterAll(ctx context.Context, from Date, limit int) ([]string, error)
}

// NoShowWriter keeps what was judged. TakeBackNoShow gives the position's order;
// it fails with ErrNotFound unless the position has a no-show that counts.
type NoShowWriter interface {
	PutNoShowDay(ctx context.Context, d NoShowDay) error
	TakeBackNoShow(ctx context.Context, position, who, why string, at time.Time) (order string, err error)
}
