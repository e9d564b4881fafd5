package live

import (
	"time"

	"fairgate/console/engines"
	"fairgate/enforcement/alert"
)

// Events are the events of a stream by name, each with its data. No stream has
// them together; the type describes them for clients. A release's event is
// called as its topic, release:POOL@DAY.
type Events struct {
	Overview *Overview `json:"overview,omitempty"`
	Alerts   *Alerts   `json:"alerts,omitempty"`
	Engines  *Engines  `json:"engines,omitempty"`
	Release  *Release  `json:"release,omitempty" doc:"Its event is called as the topic: release:POOL@DAY"`
	Gap      *Gap      `json:"gap,omitempty" doc:"Events between the one that was seen last and this one are lost; read the history again"`
	Bye      *Bye      `json:"bye,omitempty" doc:"The stream ends"`
}

// Overview is the frame of the overview.
type Overview struct {
	At       time.Time        `json:"at" doc:"When the frame was made"`
	Attack   bool             `json:"attack" doc:"An alert of a surge of hostile traffic is open"`
	Degraded bool             `json:"degraded" doc:"A gateway runs its routes in their fail mode, or an engine is away"`
	Sale     *Sale            `json:"sale,omitempty" doc:"Absent while the booking system is away"`
	Traffic  *Traffic         `json:"traffic,omitempty" doc:"Absent while no gateway's signs of life are known, and in a stream's first second"`
	Routes   []engines.Route  `json:"routes" doc:"Fail mode of every route; in force where gateways_degraded is not 0"`
	Failing  int              `json:"gateways_degraded" doc:"Gateways that run their routes in their fail mode now"`
	Engines  []engines.Engine `json:"engines"`
	Alerts   AlertCounts      `json:"alerts"`
	Pools    []Pool           `json:"pools" doc:"Empty while the booking system is away"`
	PoolsAt  time.Time        `json:"pools_as_of,omitzero"`
}

// AlertCounts are open alerts by severity. Silenced ones are counted apart.
type AlertCounts struct {
	Urgent   int       `json:"urgent"`
	Warning  int       `json:"warning"`
	Notice   int       `json:"notice"`
	Silenced int       `json:"silenced"`
	AsOf     time.Time `json:"as_of,omitzero" doc:"Absent while alerts cannot be read"`
}

// Alerts is the frame of the alerts: those that are open, the most severe first.
type Alerts struct {
	At     time.Time     `json:"at"`
	Counts AlertCounts   `json:"counts"`
	Alerts []alert.Alert `json:"alerts" doc:"At most 50"`
}

// Engines is the frame of the engines' health.
type Engines struct {
	engines.Health
}

// Phase is what the sale is at.
type Phase string

// Phases, over all pools.
const (
	Closed  Phase = "closed"  // nothing can be booked, and nothing is about to be released
	Soon    Phase = "soon"    // a stage is released within ten minutes
	Running Phase = "running" // a stage was released in the last half hour and has places left
	Open    Phase = "open"    // places can be booked
)

// Sale is what the sale is at, and the stage that says so or comes next.
type Sale struct {
	Phase Phase  `json:"phase" enum:"closed,soon,running,open"`
	Next  *Stage `json:"next,omitempty" doc:"The stage that is released next"`
	Last  *Stage `json:"last,omitempty" doc:"The stage that was released last"`
}

// Stage is one stage of a pool's day.
type Stage struct {
	Pool   string    `json:"pool"`
	Date   string    `json:"date" format:"date"`
	Stage  int       `json:"stage"`
	At     time.Time `json:"at" doc:"When it is or was released"`
	Paused bool      `json:"paused"`
}

// Pool is what is left, held and sold of a pool on the days that can be seen.
type Pool struct {
	Pool     string `json:"pool"`
	NameZH   string `json:"name_zh"`
	NameEN   string `json:"name_en"`
	Days     int    `json:"days" doc:"How many days, from today on"`
	Capacity int    `json:"capacity"`
	Left     int    `json:"left" doc:"To be booked now"`
	Withheld int    `json:"withheld" doc:"Neither booked nor to be booked now: later stages, channels, places on their way back"`
	Held     int    `json:"held" doc:"In bookings that are not confirmed yet"`
	Sold     int    `json:"sold"`
	Next     *Stage `json:"next_stage,omitempty"`
	Last     *Stage `json:"last_stage,omitempty"`
}

// Release is the frame of one pool's day.
type Release struct {
	At   time.Time `json:"at"`
	Pool string    `json:"pool"`
	Date string    `json:"date" format:"date"`
	// AsOf is when the booking system said so.
	AsOf     time.Time      `json:"as_of,omitzero" doc:"When the booking system said so; absent while it has said nothing"`
	Fault    string         `json:"fault,omitempty" enum:"not_found,unavailable" doc:"Why the figures are not of now"`
	Capacity int            `json:"capacity"`
	Booked   int            `json:"booked"`
	Left     int            `json:"left"`
	Withheld int            `json:"withheld"`
	Reserved int            `json:"reserved" doc:"Of the withheld, for channels"`
	Stages   []ReleaseStage `json:"stages"`
}

// ReleaseStage is how one stage of a release stands.
type ReleaseStage struct {
	Stage     int        `json:"stage"`
	At        time.Time  `json:"at"`
	FiredAt   *time.Time `json:"fired_at" nullable:"true"`
	Paused    bool       `json:"paused"`
	Planned   int        `json:"planned" doc:"Still to be released"`
	Released  int        `json:"released"`
	Held      int        `json:"held"`
	Sold      int        `json:"sold"`
	Left      int        `json:"left"`
	Returning int        `json:"returning" doc:"On their way to this stage"`
}
