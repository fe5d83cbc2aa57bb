-- Schema 1. Times are milliseconds since 1970, UTC.
--
-- There are no foreign keys to name, nor from pod to shape: to delete a parent SQLite would have
-- to search a large table, or an index that only serves that.

-- The record itself: one row.
CREATE TABLE record (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    id            TEXT    NOT NULL,          -- random
    cluster       TEXT    NOT NULL,          -- its name
    server        TEXT    NOT NULL,          -- hash of the server's address and CA
    server_since  INTEGER NOT NULL,          -- the start that first met this server
    starts        INTEGER NOT NULL,          -- how often it was opened for writing
    last_sequence INTEGER NOT NULL,          -- the highest number of an event, stored or not
    began         INTEGER,                   -- time of the first batch
    last_seen     INTEGER                    -- until when all scopes were seen
) STRICT;

-- Every text that rows share: references, spellings, digests, namespaces, workloads, containers,
-- scopes. The numbers in columns of those names are ids of this table.
CREATE TABLE name (
    id   INTEGER PRIMARY KEY,
    text TEXT    NOT NULL UNIQUE
) STRICT;

-- How far the watch of a scope came.
CREATE TABLE checkpoint (
    scope            INTEGER PRIMARY KEY,
    resource_version TEXT    NOT NULL
) STRICT;

-- How far an output came.
CREATE TABLE cursor (
    output   TEXT    PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An image that is used, lingers, or was used of late. Ids of images and shapes are the inventory's and are
-- given anew, so nothing that outlives an image or a shape refers to them.
CREATE TABLE image (
    id             INTEGER PRIMARY KEY,
    reference      INTEGER NOT NULL,
    spelling       INTEGER,                  -- while it counts as used in the lines
    last_digest    INTEGER,                  -- of the period of use before this one
    last_namespace INTEGER,                  -- this and the rest: the user that went last,
    last_pod       TEXT,                     -- while its `removed` waits
    last_workload  INTEGER,
    last_container INTEGER,
    last_kind      TEXT,
    last_scope     INTEGER,                  -- the one that told it
    unused_since   INTEGER,                  -- when it did
    awaits_list    INTEGER                   -- whether a whole list of it is to decide
) STRICT;

-- The digests of an image in this period of use, oldest first.
CREATE TABLE image_digest (
    image    INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    digest   INTEGER NOT NULL,
    PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;

-- What the pods of a workload share.
CREATE TABLE shape (
    id        INTEGER PRIMARY KEY,
    scope     INTEGER NOT NULL,              -- the one that saw its pods last
    namespace INTEGER NOT NULL,
    workload  INTEGER NOT NULL,
    active    INTEGER NOT NULL
) STRICT;

-- The containers of a shape, in the order of the spec. A batch may give an image's id to another
-- image before it deletes the shapes that used the former, hence deferred.
CREATE TABLE shape_container (
    shape     INTEGER NOT NULL REFERENCES shape (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    container INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    image     INTEGER NOT NULL REFERENCES image (id) DEFERRABLE INITIALLY DEFERRED,
    spelling  INTEGER NOT NULL,
    digest    INTEGER,
    reported  INTEGER,                       -- the digest's repository, where not the reference's
    PRIMARY KEY (shape, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX shape_container_image ON shape_container (image);

-- The pods that exist.
CREATE TABLE pod (
    namespace INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    uid       BLOB    NOT NULL,              -- 16 bytes
    shape     INTEGER NOT NULL,
    lagging   TEXT,                          -- JSON [[container, containerID], …]: status is old
    PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

-- What happened: added, removed, moved.
CREATE TABLE event (
    sequence    INTEGER PRIMARY KEY,
    start       INTEGER NOT NULL,
    observed    INTEGER NOT NULL,
    not_before  INTEGER,
    not_after   INTEGER,
    happening   TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    reference   INTEGER NOT NULL,
    spelling    INTEGER NOT NULL,
    digest      INTEGER,
    last_used   INTEGER,                     -- of removed, where it lingered
    old_digest  INTEGER,                     -- of moved
    seen_before INTEGER,                     -- of moved
    namespace   INTEGER NOT NULL,
    pod         TEXT    NOT NULL,
    workload    INTEGER NOT NULL,
    container   INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    scope       INTEGER NOT NULL
) STRICT;

-- What was used where, since when and until when, in the sight of a scope.
CREATE TABLE use_interval (
    id          INTEGER PRIMARY KEY,
    scope       INTEGER NOT NULL,
    reference   INTEGER NOT NULL,
    digest      INTEGER,                     -- NULL until it is told
    reported    INTEGER,                     -- the digest's repository, where not the reference's
    namespace   INTEGER NOT NULL,
    workload    INTEGER NOT NULL,
    container   INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    opened      INTEGER NOT NULL,
    closed      INTEGER,                     -- NULL while it is open
    active      INTEGER NOT NULL,            -- whether a pod of it is active
    last_active INTEGER                      -- unless active: when its last active pod ceased to be
) STRICT;

-- Finds the open interval of a place, and intervals by their end.
CREATE INDEX use_interval_closed ON use_interval (closed, reference, namespace, workload, container);
