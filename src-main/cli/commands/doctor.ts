import type { Command } from 'commander';
import { z } from 'zod';
import { addCommand, type Surroundings } from '../command.ts';
import { formatBytes, formatFacts, formatTable } from '../format.ts';

export function addDoctorCommand(parent: Command, surroundings: Surroundings): void {
  addCommand(parent, surroundings, {
    usage: 'doctor',
    summary: 'which compute backends, devices, memory and versions there are, and why not the others',
    input: z.object({}),
    async run(_, { withStudio }) {
      const report = await withStudio((client) => client.request('app.doctor', {}));
      const facts = formatFacts([
        ['CoTo Studio', report.version],
        ['Node', report.node],
        ['Electron', report.electron ?? 'not in use'],
        ['System', report.platform],
        ['CPU', `${report.cpu}, ${report.cores} cores`],
        ['Memory', `${formatBytes(report.freeMemoryBytes)} of ${formatBytes(report.memoryBytes)} free`],
        ['Home', `${report.home} (${formatBytes(report.freeDiskBytes)} free)`],
        ['SQLite', `${report.sqlite}, schema ${report.schemaVersion}`],
      ]);
      const backends = formatTable(
        ['', 'compute backend', 'device', 'GFLOPS', 'reason'],
        report.backends.map((backend) => [
          backend.chosen ? '→' : backend.available ? '✓' : '✗',
          backend.label,
          backend.device ?? '–',
          backend.gemmGflops === null ? '–' : backend.gemmGflops.toFixed(1),
          backend.reason,
        ]),
      );
      return { json: report, text: `${facts}\n${backends}` };
    },
  });
}
