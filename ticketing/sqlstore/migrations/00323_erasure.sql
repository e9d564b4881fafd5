-- When personal data was erased; 0 = it is still there.
ALTER TABLE positions ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX positions_to_erase ON positions (day) WHERE erased_at = 0;
CREATE INDEX positions_cancelled ON positions (cancelled_at) WHERE cancelled_at > 0 AND erased_at = 0;
CREATE INDEX orders_ended ON orders (day) WHERE state IN ('cancelled', 'expired');
ALTER TABLE order_leaders ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX order_leaders_to_erase ON order_leaders (order_id) WHERE erased_at = 0;
ALTER TABLE no_shows ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX no_shows_to_erase ON no_shows (recorded_at) WHERE erased_at = 0;
CREATE INDEX reveals_at ON reveals (revealed_at);
ALTER TABLE accounts ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
