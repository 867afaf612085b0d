import { BenchRunner } from '../bench-runner.ts';
import type { Workload } from '../workload.ts';
import { decoderShape } from '../workloads/decoder.ts';
import { encoderShape } from '../workloads/encoder.ts';
import { smallLlama } from '../workloads/small-llama.ts';
import { vitShape } from '../workloads/vit.ts';
import golden from './golden-losses.json' with { type: 'json' };
import type { Trajectory } from './report.ts';
import type { TrajectoryId } from './trajectory-ids.ts';

/** Steps of a trajectory: enough for what is wrong in a gradient or an update to be seen in the loss. */
const steps = 8;
/**
 * Relative difference from native's losses. Each step builds on the rounding of those before it, which float32 backends have
 * their own of.
 */
const tolerance = 5e-5;

interface Plan {
  readonly label: string;
  readonly workload: Pick<Workload, 'build' | 'adapter'>;
  readonly variant: string;
}

const plans: Readonly<Record<TrajectoryId, Plan>> = {
  'vit-lora': { label: 'bundled ViT, LoRA', workload: vitShape, variant: 'lora' },
  'small-llama-lora': {
    label: 'bundled small Llama, LoRA on all linear layers',
    workload: smallLlama({ texts: 2, tokens: 16, vocabulary: 500 }),
    variant: 'lora',
  },
  'encoder-dora': { label: 'encoder of 2 layers, DoRA', workload: encoderShape, variant: 'dora' },
  'decoder-hira': { label: 'decoder of 2 layers, HiRA', workload: decoderShape, variant: 'hira' },
};

/**
 * Trains a small base on the active backend, with CoTo's masks in every second step; with `halves` one of the bundled bases rounded to
 * float16, whose losses are not those of the tolerance.
 */
export async function runTrajectory(
  id: TrajectoryId,
  resources: string,
  folder: string,
  isAlive: () => void = () => undefined,
  halves?: 'float16',
): Promise<Trajectory> {
  const plan = plans[id];
  const runner = await BenchRunner.load(plan.workload, plan.variant, {
    small: true,
    resources,
    folder,
    bfloat16: false,
    ...(halves ? { halves } : {}),
  });
  const losses: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      losses.push(await runner.run(step % 2 === 0 ? null : mask(runner, step)));
      isAlive();
    }
  } finally {
    runner.dispose();
  }
  const expected: readonly number[] = golden[id];
  const isWhole = losses.every(Number.isFinite) && losses.length === expected.length;
  return {
    id,
    label: plan.label,
    losses: losses.map((loss) => (Number.isFinite(loss) ? loss : null)),
    golden: [...expected],
    difference: isWhole ? Math.max(...losses.map((loss, at) => Math.abs(loss / (expected[at] ?? 0) - 1))) : null,
    tolerance,
  };
}

/** Every third layer off, another third each time. */
function mask({ groupCount }: BenchRunner, step: number): number[] {
  return Array.from({ length: groupCount }, (_, layer) => Number((layer + step) % 3 !== 0));
}
