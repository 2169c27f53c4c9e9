# PyPI's httpx-sse, on an httpx response; this script reconnects, with the last id. common.mjs describes its arguments.

import json
import sys

import httpx
from httpx_sse import connect_sse

base, cookie, last, _ = sys.argv[1:]

with httpx.Client(base_url=base, headers={"cookie": cookie}, timeout=None) as client:
    while True:
        try:
            with connect_sse(client, "GET", "/events", headers={"last-event-id": last}) as source:
                for event in source.iter_sse():
                    last = event.id
                    print(json.dumps({"id": event.id, "type": event.event, "data": event.data}), flush=True)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            pass  # a broken connection
        if not sys.stdin.readline():
            break
