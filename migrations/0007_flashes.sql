-- Flashes: what became of a form that was sent without JavaScript, for the next rendering of its page. A row goes with that rendering.
--
-- id: random; the cookie of one browser. page: the path that the row is for. username: who may be shown it; empty where nobody was signed
-- in. expires_at: milliseconds since 1970.
CREATE TABLE flashes (
    id TEXT NOT NULL,
    page TEXT NOT NULL,
    username TEXT NOT NULL,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (id, page)
);

CREATE INDEX flashes_by_end ON flashes (expires_at);
