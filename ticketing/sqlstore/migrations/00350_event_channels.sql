-- Through whom an order was sold, told with every event of it; '' is the web.
ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT '';
