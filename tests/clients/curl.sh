#!/usr/bin/env bash
# curl, with the events parsed here: each field is one line, and an empty line ends an event. This script reconnects, with the last id.
# common.mjs describes its arguments.
set -euo pipefail
base=$1 cookie=$2 last=$3

open() {
  curl --silent --no-buffer --header "cookie: $cookie" --header "last-event-id: $last" "$base/events"
}

while
  type='' data=''
  while IFS= read -r line; do
    case $line in
      'id: '*) last=${line#id: } ;;
      'event: '*) type=${line#event: } ;;
      'data: '*) data=${line#data: } ;;
      '')
        data=${data//\\/\\\\}
        [ -z "$type" ] || printf '{"id":"%s","type":"%s","data":"%s"}\n' "$last" "$type" "${data//\"/\\\"}"
        type='' data=''
        ;;
    esac
  done < <(open)
  read -r _
do :; done
