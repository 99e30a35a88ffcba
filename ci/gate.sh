#!/bin/sh
# Runs the release gate for a CI job. What it is asked comes in the environment, so that no name of a branch or of a file is ever read as a
# command:
#   GATE_PACK      folder of the pack
#   GATE_OUT       folder for the report, the page and the findings
#   GATE_POLICY    file: what the pack is held to                       (optional)
#   GATE_AGAINST   file: the image that hosts run now                   (optional)
#   GATE_HISTORY   files, a line each: reports of earlier releases      (optional)
#   GATE_CORPUS    files, a line each: events of ordinary activity      (optional)
#   GATE_SEED      number                                               (optional)
#   GATE_KEY       PEM of the gate key; without it the report is not signed, and good for reading only
# The exit code is the gate's: 0 passed, 3 refused, 5 gate broken, 6 inconclusive, 2 wrong usage, 1 a fault. All but 0 fail the job.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
firebreak=${FIREBREAK:-"$here/../firebreak"}
out=${GATE_OUT:?}
mkdir -p "$out"

set -- gate "${GATE_PACK:?}" --report "$out/gate-report.json" --html "$out/gate.html" --sarif "$out/gate.sarif"
[ -z "${GATE_POLICY:-}" ] || set -- "$@" --policy "$GATE_POLICY"
[ -z "${GATE_AGAINST:-}" ] || set -- "$@" --against "$GATE_AGAINST"
[ -z "${GATE_SEED:-}" ] || set -- "$@" --seed "$GATE_SEED"

# Files come a line each; nothing else in a name splits it, and no pattern in it is expanded.
IFS='
'
set -f
for file in ${GATE_HISTORY:-}; do set -- "$@" --history "$file"; done
for file in ${GATE_CORPUS:-}; do set -- "$@" --corpus "$file"; done
set +f
unset IFS

# The key lies in a file of its owner only, for as long as the gate runs; no process that the gate starts has it in its environment.
key=''
trap '[ -z "$key" ] || rm -f "$key"' EXIT
trap 'exit 130' INT TERM
if [ -n "${GATE_KEY:-}" ]; then
  key=$(mktemp)
  printf '%s\n' "$GATE_KEY" >"$key"
  set -- "$@" --key "$key"
fi
unset GATE_KEY

status=0
"$firebreak" "$@" || status=$?
case $status in
  0) verdict=pass ;;
  3) verdict=fail ;;
  5) verdict=broken ;;
  6) verdict=inconclusive ;;
  *) verdict=none ;;
esac
printf '%s\n' "$verdict" >"$out/verdict"
[ -z "${GITHUB_OUTPUT:-}" ] || printf 'verdict=%s\n' "$verdict" >>"$GITHUB_OUTPUT"
exit "$status"
