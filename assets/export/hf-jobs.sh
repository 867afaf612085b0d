#!/bin/sh
# Runs of this bundle as Jobs of the Hugging Face Hub (pip install huggingface_hub; hf auth login), by their numbers:
#
#   sh hf-jobs.sh 0 1 2
#   sh hf-jobs.sh --results    # copies back what is finished; then: coto study collect FOLDER
#
# COTO_BUCKET: a bucket of yours. COTO_FLAVOR: the machine (hf jobs hardware). HF_JOBS: further options, e.g. --dry-run.
set -eu
cd -- "$(dirname -- "$0")"
bucket="${COTO_BUCKET:?name a bucket of yours: COTO_BUCKET=you/coto}"
place="hf://buckets/$bucket/coto-@id@"
if [ "${1:-}" = --results ]; then
  exec hf buckets sync "$place/results" results
fi
hf buckets sync . "$place"
for index in "$@"; do
  # shellcheck disable=SC2086
  hf jobs uv run --detach --name "coto-@id@-$index" --flavor "${COTO_FLAVOR:-a10g-small}" --timeout 12h \
    --volume "hf://buckets/$bucket:/coto:rw" ${HF_JOBS:-} job.py "$index" --bundle "/coto/coto-@id@"
done
