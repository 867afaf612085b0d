/** `job.sh`: one run of the bundle, by its number. A cluster may run a copy of it from elsewhere, so it can be told the bundle. */
export const jobScript = `#!/bin/sh
# One run of this bundle: sh job.sh INDEX
# COTO_BUNDLE: the bundle's folder, where this file runs from elsewhere. COTO: the command, by default coto.
set -eu
bundle="\${COTO_BUNDLE:-$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)}"
index="\${1:-\${SLURM_ARRAY_TASK_ID:?give the number of the run}}"
exec "\${COTO:-coto}" job "$bundle" "$index"
`;
