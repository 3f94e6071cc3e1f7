# The project's own environment, where 'make' has made it; else whatever wfst-bias is on the PATH.
export PATH="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.venv/bin:$PATH"
export LC_ALL=C.UTF-8
# one core, as the tables say
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
