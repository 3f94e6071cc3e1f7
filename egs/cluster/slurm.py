#!/usr/bin/env python3
"""Decode a corpus on Dask workers that are jobs of Slurm; 'pip install dask-jobqueue' beside wfst-bias[dask].

    ./slurm.py --nj 40 --queue cpu -- exp/names data/train exp/decode --config my.conf

What follows '--' are the arguments of 'wfst-bias decode'. The scheduler runs here, on the login node or in a job of its
own, and the workers end with this program. If it is killed, the same command goes on where it was.
"""

import argparse
import subprocess
import sys

from dask_jobqueue import SLURMCluster
from distributed import Client


def main() -> int:
    """Start the cluster, decode, end the cluster; the exit code of the decoding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nj", type=int, default=4, help="workers, one core each")
    parser.add_argument("--memory", default="4GB", help="of a worker")
    parser.add_argument("--walltime", default="12:00:00", help="of a worker; one that ends is replaced")
    parser.add_argument("--queue", help="partition of Slurm")
    parser.add_argument("--account", help="to which the jobs are charged")
    parser.add_argument("--gpu", action="store_true", help="a GPU for each worker; then give '--device cuda' to decode")
    parser.add_argument("decode", nargs="+", metavar="ARGUMENT", help="of 'wfst-bias decode'")
    args = parser.parse_args()
    cluster = SLURMCluster(
        cores=1,
        processes=1,
        memory=args.memory,
        walltime=args.walltime,
        queue=args.queue,
        account=args.account,
        job_script_prologue=["export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1"],
        job_extra_directives=["--gpus=1"] if args.gpu else [],
        log_directory="dask_logs",
    )
    with cluster, Client(cluster) as client:
        cluster.scale(jobs=args.nj)
        client.wait_for_workers(args.nj)
        command = ["wfst-bias", "decode", *args.decode, "--scheduler", cluster.scheduler_address]
        return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
