import type { Command } from 'commander';
import { z } from 'zod';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { moveHome } from '../../backend/index.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { formatSummary } from '../format.ts';
import { heldText } from '../held-jobs.ts';
import { ProgressLine } from '../progress-line.ts';

export function addHomeCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(parent, 'home', 'the folder with everything that the studio makes');
  addHeldCommand(group, context, {
    usage: 'continue',
    summary: 'continue the queued jobs of a home that was last used elsewhere, instead of holding them',
    continues: true,
    done: 'Continued. The window starts them when it opens.',
  });
  addHeldCommand(group, context, {
    usage: 'hold',
    summary: 'leave the queued jobs of a home that was last used elsewhere held, and use the home here',
    continues: false,
    done: 'Left held. Continue them later: coto home continue.',
  });
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

/** Answers the question about held jobs. */
function addHeldCommand(
  group: Command,
  context: CommandContext,
  details: { readonly usage: string; readonly summary: string; readonly continues: boolean; readonly done: string },
): void {
  const { usage, summary, continues, done } = details;
  addCommand(group, context, {
    usage,
    summary,
    input: z.object({}),
    run: (_input, { withStudio }) =>
      withStudio(
        async (client) => {
          const held = await client.request('jobs.held', {});
          if (held.jobs.length > 0) await client.request('jobs.answerHeld', { continue: continues });
          const text = held.jobs.length === 0 ? 'No queued job is held.\n' : `${heldText(held)}${done}\n`;
          return { json: { continued: continues, jobs: held.jobs }, text };
        },
        { answersHeldJobs: true },
      ),
  });
}

function oldFolderText(keep: boolean, isThere: boolean): string {
  if (keep) return 'kept unchanged; delete it when you no longer need it';
  return isThere ? 'emptied; what leads to the new one, and files that are not the studio’s, stay in it' : 'removed';
}
