import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { computeChoiceSchema } from '../../../src-shared/domain/app/catalog.ts';
import { EngineSupervisor, startEngine } from '../../backend/index.ts';
import { addCommand, type CommandContext } from '../command.ts';

/** For checks against another implementation: folders and files only, so it needs neither the studio nor its home. */
export function addLogitsCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'logits',
    summary: 'parity checks: named tensors in (safetensors), the outputs of a model, with or without an adapter, out',
    options: (command) =>
      void command
        .requiredOption('--model <folder>', 'a Hugging Face model folder')
        .option('--adapter <folder>', 'a PEFT adapter folder')
        .requiredOption('--inputs <file>', 'safetensors, e.g. with pixel_values')
        .requiredOption('--out <file>', 'safetensors to write, with logits')
        .option('--compute <backend>', computeChoiceSchema.options.join(', '), 'auto'),
    input: z.object({
      model: z.string(),
      adapter: z.string().optional(),
      inputs: z.string(),
      out: z.string(),
      compute: computeChoiceSchema,
    }),
    async run({ model, adapter, inputs, out, compute }, { terminal }) {
      const engine = new EngineSupervisor(startEngine);
      try {
        const outputFile = resolve(out);
        await engine.run(
          {
            kind: 'logits',
            compute,
            modelDirectory: resolve(model),
            adapterDirectory: adapter === undefined ? null : resolve(adapter),
            inputsFile: resolve(inputs),
            outputFile,
          },
          (event) => {
            if (event.kind === 'log') terminal.note(`${event.text}\n`);
          },
        );
        return { json: { outputFile }, text: `${outputFile}\n` };
      } finally {
        await engine.close();
      }
    },
  });
}
