import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { computeIdSchema, computeIds } from '../../../src-shared/domain/app/catalog.ts';
import {
  benchAdapters,
  benchParts,
  benchVariants,
  defaultBackends,
  runBench,
  workloads,
} from '../../bench/run-bench.ts';
import { benchText } from '../bench-text.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageVersion } from '../package-version.ts';
import { ProgressLine } from '../progress-line.ts';
import { resourcesDirectory } from '../studio.ts';

const shapeIds = workloads.map((shape) => shape.id);
const usualShapes = workloads.filter(({ isLarge }) => !isLarge).map((shape) => shape.id);

export function addBenchCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'bench',
    summary:
      'time training steps with and without CoTo side by side on the compute backends (npm run bench: and on PyTorch)',
    options: (command) =>
      void command
        .option('--quick', 'small shapes and few steps: a check that it works, not a measurement')
        .addOption(
          new Option(
            '--shapes <shapes...>',
            `these instead of ${usualShapes.join(', ')}; the others take gigabytes`,
          ).choices(shapeIds),
        )
        .addOption(new Option('--backends <backends...>', 'these instead of native and wasm').choices(computeIds))
        .addOption(
          new Option('--adapters <adapters...>', `variants to time (default: ${benchAdapters.join(', ')})`).choices(
            benchVariants,
          ),
        )
        .addOption(new Option('--precisions <precisions...>', 'only these').choices(['float32', 'bfloat16']))
        .addOption(new Option('--parts <parts...>', 'only these parts').choices([...benchParts]))
        .addOption(
          new Option(
            '--clock <clock>',
            'time steps by what passes, or by processor time of all threads where other programs run beside it',
          ).choices(['elapsed', 'processor']),
        )
        .option('--threads <count>', 'threads of our backends (default: all cores)')
        .addOption(new Option('--peer-python <file>', 'a Python that has PyTorch').hideHelp())
        .addOption(new Option('--peer-script <file>', 'what it is to run: src-main/bench/peers/pytorch.py').hideHelp())
        .addOption(new Option('--peer-missing <reason>', 'why there is no PyTorch').hideHelp()),
    jsonFile: true,
    input: z.object({
      quick: z.boolean().default(false),
      shapes: z.array(z.string()).default(usualShapes),
      backends: z.array(computeIdSchema).optional(),
      adapters: z.array(z.string()).default([...benchAdapters]),
      precisions: z.array(z.enum(['float32', 'bfloat16'])).default(['float32', 'bfloat16']),
      parts: z.array(z.enum(benchParts)).default([...benchParts]),
      threads: z.coerce.number().int().min(1).max(availableParallelism()).default(availableParallelism()),
      clock: z.enum(['elapsed', 'processor']).default('elapsed'),
      peerPython: z.string().optional(),
      peerScript: z.string().optional(),
      peerMissing: z.string().default('Only npm run bench brings PyTorch along.'),
    }),
    async run(
      { quick, shapes, backends, adapters, precisions, parts, threads, clock, ...peer },
      { terminal, keepJson },
    ) {
      if (shapes.length === 0) throw new StudioError('invalid_input', 'The bench has no workload to time.');
      if (adapters.length === 0) throw new StudioError('invalid_input', 'The bench has no adapter to time.');
      const line = new ProgressLine(terminal);
      const interrupted = new AbortController();
      const ignore = terminal.onInterrupt(() => interrupted.abort());
      const report = await runBench({
        version: packageVersion(),
        quick,
        shapes: workloads.filter((shape) => shapes.includes(shape.id)),
        backends: backends ?? (await defaultBackends()),
        precisions,
        parts,
        adapters: benchVariants.filter((id) => adapters.includes(id)),
        peer:
          peer.peerPython === undefined || peer.peerScript === undefined
            ? { reason: peer.peerMissing }
            : { python: peer.peerPython, script: peer.peerScript },
        threads,
        clock,
        resources: resourcesDirectory,
        report: (text) => line.say(text),
        keep: keepJson,
        signal: interrupted.signal,
      }).finally(ignore);
      return {
        json: report,
        text: benchText(report),
        code: (report.complete ? exitCodes.done : exitCodes.interrupted).code,
      };
    },
  });
}
