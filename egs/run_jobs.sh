#!/usr/bin/env bash
# Runs jobs on this machine, all at once, each with a log file; called as Kaldi's queue.pl and slurm.pl are:
#
#   run_jobs.sh [--OPTION VALUE]... [JOB=1:N] LOG COMMAND ARGUMENT...
#
# e.g.: run_jobs.sh --mem 4G JOB=1:3 exp/log/decode.JOB.log wfst-bias decode exp/names data exp/decode --job JOB/3
# JOB is replaced by the number of the job in LOG and in the command. Options are those of other schedulers, and ignored.
set -euo pipefail
while [[ ${1-} = --* ]]; do shift 2; done
name= first=1 last=1
if [[ ${1-} =~ ^([A-Za-z_]+)=([0-9]+)(:([0-9]+))?$ ]]; then
  name=${BASH_REMATCH[1]} first=${BASH_REMATCH[2]} last=${BASH_REMATCH[4]:-${BASH_REMATCH[2]}}
  shift
fi
[ $# -ge 2 ] || { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0" >&2; exit 2; }

# Print each argument with the number of a job in place of JOB, ended by a NUL: numbered N ARGUMENT...
numbered() {
  local number=$1 argument
  for argument in "${@:2}"; do
    [ -z "$name" ] || argument=${argument//"$name"/$number}
    printf '%s\0' "$argument"
  done
}

pids=() logs=()
trap 'kill "${pids[@]}" 2> /dev/null; exit 130' INT TERM  # a job in the background does not receive Ctrl-C
for ((number = first; number <= last; number++)); do
  mapfile -d '' -t words < <(numbered "$number" "$@")
  mkdir -p "$(dirname "${words[0]}")"
  printf '# %s\n' "${words[*]:1}" > "${words[0]}"
  "${words[@]:1}" >> "${words[0]}" 2>&1 < /dev/null &
  pids+=($!) logs+=("${words[0]}")
done

failed=0
for each in "${!pids[@]}"; do
  code=0
  wait "${pids[each]}" || code=$?
  [ "$code" = 0 ] && continue
  failed=1
  echo "run_jobs.sh: a job ended with exit code $code; see ${logs[each]}:" >&2
  tail -n 3 "${logs[each]}" >&2
done
exit "$failed"
