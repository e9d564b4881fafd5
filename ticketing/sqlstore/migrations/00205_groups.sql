-- Who leads a group booking. An order without a row here is none.
CREATE TABLE order_leaders (
    order_id     TEXT  NOT NULL PRIMARY KEY REFERENCES orders (id),
    name_masked  TEXT  NOT NULL,
    name_sealed  BYTEA NOT NULL,
    phone_masked TEXT  NOT NULL,
    phone_sealed BYTEA NOT NULL
) /* STRICT */;
