#!/bin/sh
# A Ray cluster for the time of one SLURM job, and one command of the pipeline on it, from the repository's root:
#   sbatch --nodes=8 examples/cluster/slurm.sh measure fixtures/adjudication --base-model smollm2-135m ...
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --gpus-per-node=8
#SBATCH --output=slurm-%j.log
set -eu

# Only who knows the token can talk to the cluster; nothing is reported to anybody.
export RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_TOKEN

head=$SLURMD_NODENAME
address=$(hostname -i | cut -d ' ' -f 1):$((20000 + SLURM_JOB_ID % 10000))

# A job's script runs on its first node. --overlap leaves room for the driver beside it.
srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" \
    .venv/bin/ray start --head --block --node-ip-address="${address%:*}" --port="${address#*:}" \
    --include-dashboard=false &
sleep 20
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    srun --overlap --nodes=$((SLURM_JOB_NUM_NODES - 1)) --exclude="$head" \
        .venv/bin/ray start --block --address="$address" &
fi

# Nodes that come later are used from then on.
.venv/bin/python -m marker_coupling.pipeline "$@" --ray "$address" --device cuda
