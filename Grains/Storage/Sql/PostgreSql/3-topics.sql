-- Topics: one row each, replaced at every commit if the writer knows its version. The key is the grain id as text (topic.match/final): readable, and
-- nothing to collide. Space is left in each page so that a new version of a row stays in its page and touches no index.

CREATE TABLE e2e_topics (
    service_id varchar(64) NOT NULL,
    grain_id varchar(400) NOT NULL,
    record varchar(64) NOT NULL,
    version bigint NOT NULL,
    payload bytea NOT NULL,
    written timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service_id, grain_id, record)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
