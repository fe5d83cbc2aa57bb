-- Schema 1. Times are milliseconds since 1970, UTC. For questions there are views, at the end;
-- docs/record.md tells of them. The tables may change with every version.

-- The record itself: one row.
CREATE TABLE record (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    id            TEXT    NOT NULL,          -- random
    cluster       TEXT    NOT NULL,          -- its name
    server        TEXT    NOT NULL,          -- hash of the server's address and CA
    epoch         INTEGER NOT NULL,          -- how often another cluster was adopted, from 1
    starts        INTEGER NOT NULL,          -- how often it was opened for writing
    batch         INTEGER NOT NULL,          -- the last batch of this start that is stored
    last_sequence INTEGER NOT NULL,          -- the highest number of an event, stored or not
    pruned_until  INTEGER,                   -- what happened before was deleted
    coarse_until  INTEGER                    -- uses that ended before may be coalesced
) STRICT;

-- Each opening for writing.
CREATE TABLE start (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    program TEXT    NOT NULL,                -- the version of kimager
    scopes  TEXT    NOT NULL                 -- what it watched: JSON [scope, …]
) STRICT;

-- When the changes of a scope were seen as they happened; in between it was out of sight.
CREATE TABLE seen (
    scope      TEXT    NOT NULL,
    seen_from  INTEGER NOT NULL,
    seen_until INTEGER NOT NULL,
    healed     INTEGER NOT NULL,             -- of the time before: 0 bridged, 1 blind, 2 unwritable
    PRIMARY KEY (scope, seen_from)
) STRICT, WITHOUT ROWID;

-- How far what is kept of a scope can be trusted.
CREATE TABLE trust (
    scope    TEXT PRIMARY KEY,
    proven   INTEGER,                        -- the last time as of which a whole list or an audit bore it out
    on_trust INTEGER,                        -- when it went out of sight for the first time since
    heals    INTEGER                         -- of the time since it was seen last, as above; NULL: nothing yet does
) STRICT, WITHOUT ROWID;

-- How far the watch of a scope came.
CREATE TABLE checkpoint (
    scope            TEXT PRIMARY KEY,
    resource_version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far an output came.
CREATE TABLE cursor (
    output   TEXT    PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The state, to start from: this and the next four tables. Ids of images and shapes are the
-- inventory's and are given anew, so nothing that outlives an image or a shape refers to them.
--
-- There is no foreign key from pod to shape: to delete a shape SQLite would have to search a large
-- table, or an index that only serves that.

-- An image that is used, lingers, or was used of late.
CREATE TABLE image (
    id             INTEGER PRIMARY KEY,
    reference      TEXT    NOT NULL,
    spelling       TEXT,                     -- while it counts as used in the lines
    last_digest    TEXT,                     -- of the period of use before this one
    last_namespace TEXT,                     -- this and the rest: the user that went last,
    last_pod       TEXT,                     -- while its `removed` waits
    last_workload  TEXT,
    last_container TEXT,
    last_kind      INTEGER,
    last_scope     TEXT,                     -- the scope that told it
    unused_since   INTEGER,                  -- when it did
    awaits_list    INTEGER                   -- whether a whole list of that scope is to decide
) STRICT;

-- The digests of an image in this period of use, oldest first.
CREATE TABLE image_digest (
    image    INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    digest   TEXT    NOT NULL,
    PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;

-- What the pods of a workload share.
CREATE TABLE shape (
    id        INTEGER PRIMARY KEY,
    scope     TEXT    NOT NULL,              -- the one that saw its pods last
    namespace TEXT    NOT NULL,
    workload  TEXT    NOT NULL,
    active    INTEGER NOT NULL
) STRICT;

-- The containers of a shape, in the order of the spec. A batch may give an image's id to another
-- image before it deletes the shapes that used the former, hence deferred.
CREATE TABLE shape_container (
    shape     INTEGER NOT NULL REFERENCES shape (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    container TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    image     INTEGER NOT NULL REFERENCES image (id) DEFERRABLE INITIALLY DEFERRED,
    spelling  TEXT    NOT NULL,
    digest    TEXT,
    reported  TEXT,                          -- the repository by which the runtime calls it, as below
    PRIMARY KEY (shape, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX shape_container_image ON shape_container (image);

-- The pods that exist.
CREATE TABLE pod (
    namespace TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    uid       BLOB    NOT NULL,              -- 16 bytes
    shape     INTEGER NOT NULL,
    lagging   TEXT,                          -- JSON [[container, containerID], …]: status is old
    PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

-- The past: what happened, and what was used where. Rows share their long texts, and kinds, causes
-- and happenings are numbers, because there may be millions.

-- Normalised references.
CREATE TABLE reference (
    id   INTEGER PRIMARY KEY,
    text TEXT    NOT NULL UNIQUE
) STRICT;

-- Digests: the 32 bytes of a sha256, any other as `algorithm:hex`.
CREATE TABLE digest (
    id     INTEGER PRIMARY KEY,
    value  ANY     NOT NULL UNIQUE,
    events INTEGER NOT NULL DEFAULT 0        -- how many name it
) STRICT;

-- Places of use: containers of workloads, as a scope saw them.
CREATE TABLE place (
    id        INTEGER PRIMARY KEY,
    namespace TEXT    NOT NULL,
    workload  TEXT    NOT NULL,
    container TEXT    NOT NULL,
    kind      INTEGER NOT NULL,              -- 0 app, 1 init, 2 sidecar, 3 ephemeral, 4 volume
    scope     TEXT    NOT NULL,
    events    INTEGER NOT NULL DEFAULT 0,    -- how many name it
    UNIQUE (namespace, workload, container, kind, scope)
) STRICT;

-- What happened.
CREATE TABLE event (
    sequence    INTEGER PRIMARY KEY,
    start       INTEGER NOT NULL,
    observed    INTEGER NOT NULL,
    happening   INTEGER NOT NULL,            -- 0 added, 1 removed, 2 moved
    cause       INTEGER NOT NULL,            -- 0 start, 1 watch, 2 relist
    reference   INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    pod         TEXT    NOT NULL,
    spelling    TEXT,                        -- unless it is the normalised reference
    digest      INTEGER,
    old_digest  INTEGER,                     -- of moved
    seen_before INTEGER,                     -- of moved
    last_used   INTEGER,                     -- of removed, where it lingered
    not_before  INTEGER,
    not_after   INTEGER
) STRICT;

CREATE INDEX event_observed ON event (observed);
CREATE INDEX event_reference ON event (reference, observed);

-- A place or a digest that no event names may be deleted. To count them takes a byte for each text,
-- where an index to look for them would take ten for each event.
CREATE TRIGGER event_stored AFTER INSERT ON event BEGIN
    UPDATE place SET events = events + 1 WHERE id = new.place;
    UPDATE digest SET events = events + 1 WHERE id IN (new.digest, new.old_digest);
END;
CREATE TRIGGER event_deleted AFTER DELETE ON event BEGIN
    UPDATE place SET events = events - 1 WHERE id = old.place;
    UPDATE digest SET events = events - 1 WHERE id IN (old.digest, old.old_digest);
END;

-- What was used where, since when and until when.
CREATE TABLE use_interval (
    id          INTEGER PRIMARY KEY,
    place       INTEGER NOT NULL,
    reference   INTEGER NOT NULL,
    digest      INTEGER,                     -- NULL until it is told
    reported    TEXT,                        -- the repository by which the runtime calls it, if another; '' if none
    opened      INTEGER NOT NULL,
    closed      INTEGER,                     -- NULL while it is open
    active      INTEGER NOT NULL,            -- whether a pod of it is active
    last_active INTEGER,                     -- unless active: when its last active pod ceased to be
    runs        INTEGER NOT NULL             -- of how many uses it was coalesced
) STRICT;

CREATE INDEX use_interval_open ON use_interval (place, reference) WHERE closed IS NULL;
CREATE INDEX use_interval_closed ON use_interval (closed, opened) WHERE closed IS NOT NULL;
CREATE INDEX use_interval_place ON use_interval (place, closed);
CREATE INDEX use_interval_reference ON use_interval (reference);
CREATE INDEX use_interval_digest ON use_interval (digest) WHERE digest IS NOT NULL;

-- For people, with any SQLite client: times as text, numbers as words.

CREATE VIEW uses AS
SELECT place.namespace, place.workload, place.container,
       CASE place.kind WHEN 0 THEN 'app' WHEN 1 THEN 'init' WHEN 2 THEN 'sidecar'
                       WHEN 3 THEN 'ephemeral' WHEN 4 THEN 'volume' END AS kind,
       reference.text AS reference,
       CASE typeof(digest.value) WHEN 'blob' THEN 'sha256:' || lower(hex(digest.value))
                                 ELSE digest.value END AS digest,
       strftime('%Y-%m-%dT%H:%M:%fZ', opened / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%fZ', closed / 1000.0, 'unixepoch') AS until,
       active, strftime('%Y-%m-%dT%H:%M:%fZ', last_active / 1000.0, 'unixepoch') AS last_active,
       runs, reported, scope
FROM use_interval
JOIN place ON place.id = use_interval.place
JOIN reference ON reference.id = use_interval.reference
LEFT JOIN digest ON digest.id = use_interval.digest;

CREATE VIEW events AS
SELECT record.id || '.' || start || '.' || sequence AS id,
       strftime('%Y-%m-%dT%H:%M:%fZ', observed / 1000.0, 'unixepoch') AS observed,
       CASE happening WHEN 0 THEN 'added' WHEN 1 THEN 'removed' WHEN 2 THEN 'moved' END AS event,
       CASE cause WHEN 0 THEN 'start' WHEN 1 THEN 'watch' WHEN 2 THEN 'relist' END AS cause,
       reference.text AS reference, ifnull(spelling, reference.text) AS spelling,
       CASE typeof(new.value) WHEN 'blob' THEN 'sha256:' || lower(hex(new.value))
                              ELSE new.value END AS digest,
       CASE typeof(old.value) WHEN 'blob' THEN 'sha256:' || lower(hex(old.value))
                              ELSE old.value END AS old_digest,
       place.namespace, pod, place.workload, place.container,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_used / 1000.0, 'unixepoch') AS last_used,
       strftime('%Y-%m-%dT%H:%M:%fZ', not_before / 1000.0, 'unixepoch') AS not_before,
       strftime('%Y-%m-%dT%H:%M:%fZ', not_after / 1000.0, 'unixepoch') AS not_after,
       scope
FROM event
CROSS JOIN record
JOIN reference ON reference.id = event.reference
JOIN place ON place.id = event.place
LEFT JOIN digest AS new ON new.id = event.digest
LEFT JOIN digest AS old ON old.id = event.old_digest;

CREATE VIEW sight AS
SELECT scope, strftime('%Y-%m-%dT%H:%M:%fZ', seen_from / 1000.0, 'unixepoch') AS seen_from,
       strftime('%Y-%m-%dT%H:%M:%fZ', seen_until / 1000.0, 'unixepoch') AS seen_until,
       CASE healed WHEN 0 THEN 'bridged' WHEN 1 THEN 'blind' WHEN 2 THEN 'unwritable' END AS gap_before
FROM seen;
