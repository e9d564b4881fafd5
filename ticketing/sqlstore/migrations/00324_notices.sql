-- What visitors were told when the house took an order back or gave it back,
-- and how far that came; state none: nobody could be told.
CREATE TABLE order_notices (
    id        TEXT   NOT NULL PRIMARY KEY,
    order_id  TEXT   NOT NULL REFERENCES orders (id),
    purpose   TEXT   NOT NULL,
    state     TEXT   NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'none')),
    queued_at BIGINT NOT NULL
) /* STRICT */;
CREATE INDEX order_notices_order ON order_notices (order_id, queued_at);
