import type { Command } from 'commander';
import { z } from 'zod';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { moveHome } from '../../backend/index.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { formatSummary } from '../format.ts';
import { ProgressLine } from '../progress-line.ts';

export function addHomeCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(parent, 'home', 'the folder with everything that the studio makes');
  addCommand(group, context, {
    usage: 'move <folder>',
    summary: 'move it to an empty or new folder, on any disk; it is found there from then on',
    options: (command) => void command.option('--keep', 'leave the old files where they are', false),
    input: z.object({ folder: z.string().min(1), keep: z.boolean() }),
    async run({ folder, keep }, { terminal, place }) {
      const line = new ProgressLine(terminal);
      const abort = new AbortController();
      const stopListening = terminal.onInterrupt(() => {
        line.say('Cancelling …');
        abort.abort();
      });
      try {
        const moved = await moveHome({
          place,
          folder,
          keep,
          signal: abort.signal,
          onProgress: (progress) => line.show(progress),
        });
        line.clear();
        const text = formatSummary([
          ['home', moved.to],
          ['moved', formatBytes(moved.bytes)],
          ['from', moved.from],
          ['old folder', oldFolderText(keep, moved.oldIsThere)],
        ]);
        return { json: moved, text };
      } finally {
        stopListening();
        line.clear();
      }
    },
  });
}

function oldFolderText(keep: boolean, isThere: boolean): string {
  if (keep) return 'kept as it was; delete it when you no longer need it';
  return isThere ? 'emptied; what leads to the new one, and files that are not the studio’s, stay in it' : 'removed';
}
