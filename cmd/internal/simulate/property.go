package simulate

// Property is something that stands about an actor before it does anything.
type Property string

// The properties that the leak test looks at.
const (
	PropertyAgent    Property = "user agent"
	PropertyLanguage Property = "language"
	PropertyZone     Property = "time zone"
	PropertyNetwork  Property = "network"
	PropertyAddress  Property = "address range"
	PropertyPhone    Property = "phone prefix"
	PropertyContact  Property = "contact's prefix"
	PropertyPassword Property = "password's shape"
	PropertyBeacons  Property = "collector"
	PropertyScreen   Property = "screen"
	PropertyPicture  Property = "canvas"
	PropertyHints    Property = "client hints"
	PropertyClock    Property = "clock"
	PropertyMember   Property = "account before the run"
	PropertyDocument Property = "kind of document"
	PropertyRegion   Property = "region of the document"
	PropertyName     Property = "length of the name"
	PropertySurname  Property = "surname"
	PropertyArrival  Property = "hour of arrival"
	PropertyDay      Property = "days ahead"
	PropertyPool     Property = "pool"
	PropertyParty    Property = "persons of a booking"
)
