-- Sessions. id: SHA-256, in hexadecimal, of the id in the cookie: whoever reads the database cannot sign in with it. handle: names the
-- session in the log; it is no secret. data: JSON. Milliseconds since 1970: expires_at, the absolute end; ends_at, the end without
-- further use, which is never later.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    handle TEXT NOT NULL,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (username);
CREATE INDEX sessions_by_handle ON sessions (handle);
CREATE INDEX sessions_by_end ON sessions (ends_at);
