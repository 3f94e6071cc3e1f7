# Where the recipes run their jobs, as Kaldi's cmd.sh; sourced by them. A command is called as
#   $decode_cmd JOB=1:NJ LOG.JOB COMMAND... JOB ...
# and returns when all jobs have ended. Empty: on this machine, by 'wfst-bias decode --nj NJ'. With Kaldi's scripts on the
# PATH and a disk that all machines share:
#   decode_cmd="queue.pl --mem 4G"    # Sun Grid Engine
#   decode_cmd="slurm.pl --mem 4G"    # Slurm
#   train_cmd="slurm.pl --gpu 1"
# run_jobs.sh is called in the same way and runs the jobs here, to try it.
export train_cmd=${train_cmd-}
export decode_cmd=${decode_cmd-}
