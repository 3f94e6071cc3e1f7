# Sourced by the recipes, as Kaldi's path.sh.

# The project's own environment, where 'make' has made it; else whatever wfst-bias is on the PATH.
export PATH="$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")/.venv/bin:$PATH"
export LC_ALL=C.UTF-8
# one core for each process, as the tables say
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
