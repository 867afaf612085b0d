import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { computeIdSchema } from '../../../src-shared/domain/app/catalog.ts';
import type { CheckResult } from '../../../src-shared/domain/app/doctor-check.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { type Recovered, writeFileAtomic } from '../../backend/index.ts';
import { workloads } from '../../bench/workloads/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { formatSummary, formatTable } from '../format.ts';
import { proveGpuOn } from '../gpu-proof.ts';

const shapeIds = workloads.map(({ id }) => id);

export function addDoctorCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'doctor',
    summary: 'compute backends, devices, memory and versions: which work, how fast they are, and why others do not',
    options: (command) =>
      void command
        .option('--no-measure', 'list what is available without timing it')
        .option('--delete <id>', 'delete an entry that cannot be read, with its files, or a folder that is left over')
        .option('--keep-files', 'leave the files of the entry: the next start makes it of them again where it can')
        .option(
          '--repair',
          'delete folders in the home that nothing in the studio names (the report lists them), and give runs and adapters without a base the one that their own files name',
        )
        .option('--restore', "put the newest whole backup in the place of the home's database")
        .option('--rebuild', "make the home's database again from the folders of models, runs and adapters")
        .option(
          '--diagnostics <file>',
          'print what to send with a report of an error, without data, prompts, names and paths, and write it to a file',
        )
        .option(
          '--gpu',
          'prove and measure every GPU backend that loads: results against double precision, losses against native, rates against the card itself, steps and memory; offline and without a home',
        )
        .option('--out <folder>', 'with --gpu: where its page gpu.md and gpu.json go (default: coto-gpu)')
        .option('--minutes <count>', 'with --gpu: the longest that it may take (default: 8)')
        .option('--quick', 'with --gpu: small sizes, whether it works and not how fast it is')
        .option('--python <file>', 'with --gpu: a Python that has PyTorch, to time beside it (default: that of PATH)')
        .addOption(
          new Option('--backends <backends...>', 'with --gpu: these instead of webgpu and tensorflow').choices(
            computeIdSchema.options,
          ),
        )
        .addOption(
          new Option('--shapes <shapes...>', 'with --gpu: only these workloads of the bench').choices(shapeIds),
        ),
    input: z.object({
      delete: z.string().optional(),
      keepFiles: z.boolean().default(false),
      measure: z.boolean(),
      diagnostics: z.string().min(1).optional(),
      repair: z.boolean().default(false),
      restore: z.boolean().default(false),
      rebuild: z.boolean().default(false),
      gpu: z.boolean().default(false),
      out: z.string().min(1).default('coto-gpu'),
      minutes: z.coerce.number().min(0.5).max(120).default(8),
      quick: z.boolean().default(false),
      python: z.string().min(1).optional(),
      backends: z.array(computeIdSchema).optional(),
      shapes: z.array(z.string()).default(shapeIds),
    }),
    async run(
      { measure, diagnostics: file, repair, restore, rebuild, delete: deleted, keepFiles, gpu, ...proof },
      { terminal, withStudio, recover },
    ) {
      if (gpu) {
        const { out, minutes, quick, shapes, python = null, backends = null } = proof;
        return proveGpuOn(terminal, { out, minutes, quick, shapes, python, backends });
      }
      if (restore && rebuild)
        throw new StudioError(
          'invalid_input',
          'Only one of --restore and --rebuild can be done.',
          'Try --restore first.',
        );
      if (restore || rebuild) {
        const recovered = await recover(restore ? 'restore' : 'rebuild');
        for (const reason of recovered.skipped) terminal.report(`skipped: ${reason}\n`);
        return { json: recovered, text: recoveryText(recovered) };
      }
      if (deleted?.includes('/')) {
        const freed = await withStudio((client) => client.request('app.removeStrays', { path: deleted }));
        const text = formatSummary([['deleted', `${deleted} (${formatBytes(freed.freedBytes)})`]]);
        return { json: { path: deleted, ...freed }, text };
      }
      if (deleted !== undefined) {
        const row = await withStudio((client) =>
          client.request('app.deleteUnreadable', { id: deleted, files: !keepFiles }),
        );
        return { json: row, text: formatSummary([['deleted', `${row.kind} ${row.id}`]]) };
      }
      if (file !== undefined) {
        const answer = await withStudio((client) => client.request('app.diagnostics', {}));
        await writeFileAtomic(resolve(file), answer.text);
        return { json: answer, text: `${answer.text}\nWritten to ${file}. Read it before you send it.` };
      }
      const report = await withStudio(async (client) => {
        if (repair) {
          const { freedBytes } = await client.request('app.removeStrays', {});
          terminal.note(`Freed ${formatBytes(freedBytes)}.\n`);
          const { runs, adapters } = await client.request('app.fillInBases', {});
          if (runs + adapters > 0)
            terminal.note(`Found the base of ${plural(runs, 'run')} and ${plural(adapters, 'adapter')}.\n`);
        }
        const unreadable = await client.request('app.unreadable', {});
        const checks = await client.request('app.checks', {});
        const doctor = await client.request('app.doctor', {});
        const measured = doctor.backends.filter(({ available }) => measure && available);
        for (const { id, label } of measured) {
          terminal.note(`Measuring ${label} …\n`);
          await client.request('app.measure', { backend: id });
        }
        // New measurements may change the selected backend and the reason.
        const { backends } = measured.length === 0 ? doctor : await client.request('app.doctor', {});
        return { ...doctor, backends, unreadable, checks };
      });
      const facts = formatSummary([
        ['CoTo Studio', report.version],
        ['Node', report.node],
        ['Electron', report.electron ?? 'not in use'],
        ...(report.nativeBuild === null ? [] : ([['Native addon', report.nativeBuild]] as const)),
        ['System', report.platform],
        ['CPU', `${report.cpu}, ${report.cores} cores`],
        ['Memory', `${formatBytes(report.freeMemoryBytes)} of ${formatBytes(report.memoryBytes)} free`],
        ['Home', `${report.home} (${formatBytes(report.freeDiskBytes)} free)`],
        ['Log', report.logs],
        ['SQLite', `${report.sqlite}, schema ${report.schemaVersion}`],
        ...report.checks.flatMap(checkLines),
      ]);
      const backends = formatTable(
        ['', 'compute backend', 'device', 'memory', 'GFLOPS float32', 'bfloat16'],
        report.backends.map((backend) => [
          backend.chosen ? '→' : backend.available ? '✓' : '✗',
          backend.label,
          backend.device ?? '–',
          backend.memoryBytes === null ? '–' : formatBytes(backend.memoryBytes),
          rate(backend.gemmGflops),
          rate(backend.gemmBfloat16Gflops),
        ]),
      );
      const reasons = formatSummary(report.backends.map(({ label, reason }) => [label, reason]));
      return { json: report, text: `${facts}\n${backends}\n${reasons}` };
    },
  });
}

function checkLines({ label, findings }: CheckResult): [string, string][] {
  if (findings.length === 0) return [[label, '✓']];
  return findings.map(({ message, hint }) => [label, `✗ ${message}${hint === null ? '' : ` ${hint}`}`]);
}

function recoveryText({ backupAt, added, aside }: Recovered): string {
  return formatSummary([
    ['database', backupAt === null ? 'rebuilt from the folders' : `the backup of ${new Date(backupAt).toISOString()}`],
    [
      'added',
      `${added.models} models, ${added.runs} runs, ${added.adapters} adapters, ${added.studies} studies, ${added.reports} reports that it did not have`,
    ],
    ['damaged files', aside],
  ]);
}

function rate(gflops: number | null): string {
  return gflops === null ? '–' : gflops.toFixed(1);
}
