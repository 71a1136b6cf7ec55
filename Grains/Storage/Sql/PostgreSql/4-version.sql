-- Last: tables without this row are not finished. "probed" is written by silos to see whether they can write.

CREATE TABLE e2e_schema (
    one integer NOT NULL PRIMARY KEY CHECK (one = 1),
    version integer NOT NULL,
    applied timestamptz NOT NULL DEFAULT now(),
    probed timestamptz NULL
);

INSERT INTO e2e_schema (one, version) VALUES (1, 1);
