import type { TargetProbe } from '../../../src-shared/domain/targets/target.ts';
import type { Share } from './probe-marker.ts';
import { nodeFindings, nodeWords } from './probe-node.ts';
import { lastLine, type RunProgram } from './run-program.ts';

interface Probed {
  readonly host: string | null;
  /** The folder that nodes must have. */
  readonly share: Share;
  readonly command: readonly string[];
  readonly compute_backend: string;
  readonly resources: readonly string[];
}

/** The first whose squeue answers --json for every job of an array. */
const oldest = [21, 8] as const;

/** Asks Slurm for its version and its nodes, then one node for what a run needs. */
export async function probeSlurm(
  run: RunProgram,
  { host, share, command, compute_backend, resources }: Probed,
): Promise<TargetProbe> {
  const version = await run(['sbatch', '--version']);
  const facts = [{ label: 'Slurm', value: lastLine(version.stdout).replace(/^slurm\S*\s+/, '') || 'unknown' }];
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version.stdout)?.slice(1) ?? []).map(Number);
  if (version.code === 0 && (major < oldest[0] || (major === oldest[0] && minor < oldest[1])))
    return {
      facts,
      problems: [
        {
          message: `Slurm ${major}.${String(minor).padStart(2, '0')} is too old: its squeue has no JSON.`,
          hint: 'It takes 21.08 or later. Use its nodes by ssh instead: coto targets add … ssh.',
        },
      ],
    };
  const nodes = await run(['sinfo', '--noheader', '--format=%D|%t|%c|%m|%G']);
  if (nodes.code !== 0)
    return {
      facts,
      problems: [
        {
          message: `Slurm does not answer: ${lastLine(nodes.stderr) || 'its controller is out of reach'}.`,
          hint: 'Ask who runs it; scontrol ping says which controller is down.',
        },
      ],
    };
  facts.push({ label: 'Nodes', value: nodeText(nodes.stdout) });
  return share.withMarker(async (marker, folder) => {
    const words = ['srun', '--ntasks=1', '--immediate=30', '--job-name=coto-probe', '--chdir=/', ...resources];
    const answer = await run([...words, ...nodeWords(marker, command)], { timeoutSeconds: 60 });
    if (answer.code === 0 || answer.stdout.includes('machine=')) {
      const found = nodeFindings(answer.stdout, { host, folder, compute_backend });
      return { facts: [...facts, ...found.facts], problems: found.problems };
    }
    return {
      facts,
      problems: [
        {
          message: `No node started a command: ${lastLine(answer.stderr).replace(/^srun: (error|fatal): /, '') || 'srun did not say why'}.`,
          hint: 'All may be busy: then a study waits its turn. Else change partition, gpus or memory of the target.',
        },
      ],
    };
  });
}

/** "2 idle (2 CPUs, 3.9 GB, gpu:2)". */
function nodeText(output: string): string {
  const groups = output
    .trim()
    .split('\n')
    .map((line) => line.split('|'))
    .map(([count, state, cpus, megabytes, gpus]) => {
      const memory = `${(Number.parseInt(megabytes ?? '0', 10) / 1000).toFixed(1)} GB`;
      const devices = gpus === undefined || gpus === '(null)' ? 'no GPU' : gpus;
      return `${count} ${state} (${cpus} CPUs, ${memory}, ${devices})`;
    });
  return groups.join('; ');
}
