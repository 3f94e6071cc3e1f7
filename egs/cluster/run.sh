#!/usr/bin/env bash
# One corpus decoded in four ways: by one process, by processes of this machine, by jobs of a cluster (a shared disk is all
# that they need), and by the workers of a Dask scheduler; and a check that all of them write the same files.
#
#   ./run.sh [--stage N] [--stop-stage N] [--nj N] [--config FILE] [--graph DIR] [--data DATA] [--scheduler ADDRESS]
#            [--exp DIR]
#
# e.g.: ./run.sh --graph ../../exp/demo/graph --data ../../exp/demo/data --nj 2
# That is what 'make demo' leaves. Jobs run by decode_cmd of cmd.sh, else here, by ../run_jobs.sh; without --scheduler, a
# scheduler and its workers are started here. For Dask on Slurm see slurm.py, for all of it docs/cluster.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../recipe.sh
stop_stage=5 graph=../../exp/demo/graph data=../../exp/demo/data scheduler= nj=2
options "$@"
[ -f "$graph/meta.json" ] || { echo "run.sh: no graph in $graph; name one with --graph, or run 'make demo'" >&2; exit 1; }
decode() { wfst-bias decode "$graph" "$data" "$@" --config conf/decode.conf; }

if run 1; then
  echo "stage 1: one process"
  decode "$exp/one"
fi

if run 2; then
  echo "stage 2: $nj processes"
  decode "$exp/local" --nj "$nj"
fi

if run 3; then
  echo "stage 3: $nj jobs, each of which could run on another machine, and their merge"
  decode_cmd=${decode_cmd:-../run_jobs.sh}
  decode_jobs "$graph" "$data" "$exp/jobs" --config conf/decode.conf
fi

if run 4; then
  echo "stage 4: the workers of a Dask scheduler"
  if [ -z "$scheduler" ]; then
    scheduler=$exp/scheduler.json
    rm -f "$scheduler"
    dask scheduler --scheduler-file "$scheduler" --port 0 --no-dashboard --idle-timeout 10m > "$exp/scheduler.log" 2>&1 &
    # one thread for each process; without a limit, Dask does not end workers by its own count of memory
    dask worker --scheduler-file "$scheduler" --nworkers "$nj" --nthreads 1 --memory-limit 0 --no-dashboard \
      --death-timeout 60 --local-directory "$exp/dask" > "$exp/workers.log" 2>&1 &
    trap 'kill $(jobs -p) 2> /dev/null' EXIT
    for ((waited = 0; waited < 60; waited++)); do [ -f "$scheduler" ] && break; sleep 1; done
  fi
  decode "$exp/dask_workers" --scheduler "$scheduler"
fi

if run 5; then
  echo "stage 5: all files are the same, but for logs and the times in meta.json"
  for other in local jobs dask_workers; do
    diff -r --exclude log --exclude meta.json "$exp/one" "$exp/$other"
    echo "$exp/$other: the same as $exp/one"
  done
fi
