#!/bin/sh
# The rooms of src/ are stages of the data's way: a file may include its own room and earlier ones only.
set -eu
cd "$(dirname "$0")/../src"
rooms="base text io hub config tokenizers schema prompt result decoding chunking redaction evaluation nn encoders heads models engine api"
later=$rooms
status=0
for room in $rooms; do
  later=${later#"$room"}
  later=${later# }
  [ -n "$later" ] || break
  pattern="#include \"($(printf %s "$later" | tr ' ' '|'))/"
  if grep -rnE "$pattern" "$room"; then
    echo "check_includes.sh: $room includes a later room (order: $rooms)" >&2
    status=1
  fi
done
# Rooms before nn know no torch, and public headers know no other library at all.
core=${rooms%% nn *}
if grep -rnE '#include [<"](torch|ATen|c10)/' $core; then
  echo "check_includes.sh: torch in the core" >&2
  status=1
fi
if grep -nE '#include [<"](torch|ATen|c10|nlohmann|fmt|unicode)/' ../include/gliner/*; then
  echo "check_includes.sh: a third-party header in a public one" >&2
  status=1
fi
exit $status
