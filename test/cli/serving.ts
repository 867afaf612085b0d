import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { main } from '../../src-main/cli/main.ts';
import { recordingTerminal } from './run-command.ts';

const placesSchema = z.object({ openai: z.string().optional(), mcp: z.string().optional(), token: z.string() });

export interface Serving extends z.infer<typeof placesSchema> {
  /** Ctrl+C, once or again; answers the exit code. */
  stop(): Promise<number>;
}

/** `coto serve` with these words on any free port, until it is stopped. `answer`: a person's, to every question. */
export async function serving(home: string, words: readonly string[], answer: string | null = null): Promise<Serving> {
  const { terminal, written } = recordingTerminal(undefined, answer);
  let interrupt = (): void => undefined;
  const listening = {
    ...terminal,
    onInterrupt: (listener: () => void) => {
      interrupt = listener;
      return terminal.onInterrupt(listener);
    },
  };
  let code: number | null = null;
  const ended = main(['serve', ...words, '--port', '0', '--json'], listening, { COTO_STUDIO_HOME: home }).then(
    (given) => {
      code = given;
      return given;
    },
  );
  while (written.out === '') {
    if (code !== null) throw new Error(`it ended with ${code}: ${written.err}`);
    await wait(20);
  }
  const stop = (): Promise<number> => {
    interrupt();
    return ended;
  };
  return { ...placesSchema.parse(JSON.parse(written.out)), stop };
}
