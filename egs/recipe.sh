# Shared by all recipes; sourced by a run.sh that has gone to its own folder. Reads conf/recipe.conf where there is one.

# The project's own environment, where 'make' has made it; else whatever wfst-bias is on the PATH.
export PATH="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.venv/bin:$PATH"
export LC_ALL=C.UTF-8
# one core, as the tables say
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

stage=1 exp=exp
[ ! -f conf/recipe.conf ] || . conf/recipe.conf

# Set variables that have a value already: --stop-stage 4 sets stop_stage, --sizes "100 500" sets sizes. options "$@"
options() {
  while [ $# -gt 0 ]; do
    local name=${1#--}
    name=${name//-/_}
    if [[ ! $1 =~ ^--[a-z][a-z0-9-]*$ || -z ${!name+set} ]]; then
      # the comment at the head of the recipe
      [[ $1 = -h || $1 = --help ]] || echo "run.sh: no option '$1'" >&2
      awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' run.sh >&2
      exit 2
    fi
    [ $# -gt 1 ] || { echo "run.sh: option $1 needs a value" >&2; exit 2; }
    printf -v "$name" %s "$2"
    shift 2
  done
  mkdir -p "$exp"
}

# True if a stage is to be run: run STAGE
run() { [ "$stage" -le "$1" ] && [ "$stop_stage" -ge "$1" ]; }
