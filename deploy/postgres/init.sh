#!/bin/sh
# Two databases with two owners, so that ticketing's can move elsewhere. Run once, by the image, on an empty volume.
set -eu
for name in fairgate ticketing; do
	psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -v name="$name" -v password="$(cat "/run/secrets/postgres-$name")" <<-'END'
		CREATE ROLE :"name" LOGIN PASSWORD :'password';
		CREATE DATABASE :"name" OWNER :"name";
		REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
	END
done
