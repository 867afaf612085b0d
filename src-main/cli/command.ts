import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { RecoveryWay } from '../../src-shared/contract/recovery-way.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import { type Recovered, writeFileAtomic } from '../backend/index.ts';
import { locateHome } from '../files/home-place.ts';
import { toJson } from './format.ts';
import { askAboutHeldJobs } from './held-jobs.ts';
import { homePlace, type OpenOptions, openStudio } from './studio.ts';
import { reducedTerminal, type Terminal } from './terminal.ts';

/** The result of a command: printed as `text`, or with --json as one JSON document made of `json`. */
export interface Answer {
  /** Left out where it was written by `CommandTools.writeJson`. */
  readonly json?: unknown;
  readonly text: string;
  /** The exit code; 0 where it is left out. */
  readonly code?: number;
}

/** A command's access to the outside world. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** Called before a command starts; `asJson` if it writes JSON to standard output. */
  begin(asJson: boolean): void;
  /** Called with the answer when the command is done. */
  answer(answer: Answer): void;
}

export interface CommandDetails<Input> {
  /** Name and arguments in commander's writing, e.g. "show <run>". */
  readonly usage: string;
  readonly summary: string;
  /** --json may name a file: it gets the document then, and standard output the text. */
  readonly jsonFile?: boolean;
  /** Options besides --json and --home, and examples. */
  options?(command: Command): void;
  /** Arguments by their names and options in camelCase. */
  readonly input: z.ZodType<Input>;
  run(input: Input, tools: CommandTools): Promise<Answer>;
}

export interface CommandTools {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** The folder by which the home is named. */
  readonly place: string;
  /** Folder of the home, after any move. */
  readonly home: string;
  /**
   * Opens the studio for `work` and closes it afterwards, however that ends. Asks first about jobs that are held because the
   * home was last used elsewhere, unless the command itself answers.
   */
  withStudio<Result>(
    work: (client: StudioClient) => Promise<Result>,
    options?: Pick<OpenOptions, 'forPrograms'> & { readonly answersHeldJobs?: boolean },
  ): Promise<Result>;
  /** Opens a studio whose database is damaged or lost in that way, closes it, and answers what came of it. */
  recover(way: RecoveryWay): Promise<Recovered>;
  /** Writes a document piece by piece that may be too long to be held as one; null where none goes to standard output. */
  readonly writeJson: ((pieces: AsyncIterable<string>) => Promise<void>) | null;
  /** Writes the answer so far to the file that --json names, if it names one: what takes long keeps what it has. */
  keepJson(sofar: unknown): Promise<void>;
}

const commonOptions = z.object({
  json: z.union([z.boolean(), z.string()]).default(false),
  home: z.string().optional(),
  quiet: z.boolean().default(false),
  progress: z.boolean().default(true),
});

/** Heading of the options that every command has. */
export const commonHeading = 'Options of every command:';

/** A command line that does not parse; `cause` names the option or argument. */
export class UsageError extends Error {
  constructor(cause: unknown) {
    super('The command line does not parse.', { cause });
    this.name = 'UsageError';
  }
}

/** Adds a command that answers; every command has --json, --home, --quiet and --no-progress. */
export function addCommand<Input>(parent: Command, context: CommandContext, details: CommandDetails<Input>): Command {
  const command = parent.command(details.usage).description(details.summary);
  details.options?.(command);
  for (const [flags, help] of [
    [
      details.jsonFile ? '--json [file]' : '--json',
      `write one JSON document to standard output${details.jsonFile ? ', or to a file' : ''}`,
    ],
    ['--home <folder>', "the studio's folder (default: COTO_STUDIO_HOME, else the window's own)"],
    ['--quiet', 'write only warnings and errors to standard error'],
    ['--no-progress', 'write no progress to standard error'],
  ] as const)
    command.addOption(new Option(flags, help).helpGroup(commonHeading));
  command.action(async () => {
    const given: Record<string, unknown> = command.optsWithGlobals();
    for (const [index, argument] of command.registeredArguments.entries())
      given[argument.name()] = command.processedArgs[index];
    const { json, home: homeOption, ...reduced } = commonOptions.parse(given);
    const terminal = reducedTerminal(context.terminal, reduced);
    const file = typeof json === 'string' ? resolve(json) : null;
    context.begin(json === true);
    if (file !== null) requireFolderOf(file);
    const place = homePlace(homeOption, context.environment);
    const home = locateHome(place);
    const answer = await details.run(parseInput(details.input, given), {
      terminal,
      environment: context.environment,
      place,
      home,
      keepJson: async (sofar) => {
        if (file !== null) await writeFileAtomic(file, toJson(sofar));
      },
      writeJson: json === true ? (pieces) => writePieces(terminal, pieces) : null,
      async recover(way) {
        const { recovered, close } = await openStudio(home, { recovery: way });
        await close();
        if (recovered === null) throw new StudioError('internal', 'Nothing was recovered.');
        return recovered;
      },
      async withStudio(work, { answersHeldJobs = false, ...options } = {}) {
        const studio = await openStudio(home, options);
        for (const message of studio.skipped) terminal.report(`warning: ${message}\n`);
        const warn = studio.client.on('notification', ({ level, title, message }) => {
          if (level === 'warning') terminal.report(`warning: ${title}: ${message}\n`);
        });
        try {
          if (!answersHeldJobs) await askAboutHeldJobs(studio.client, terminal);
          return await work(studio.client);
        } finally {
          warn();
          await studio.close();
        }
      },
    });
    if (file !== null) await writeFileAtomic(file, toJson(answer.json));
    context.answer(answer);
  });
  return command;
}

/** @throws UsageError naming the option or argument */
function parseInput<Input>(schema: z.ZodType<Input>, given: Readonly<Record<string, unknown>>): Input {
  try {
    return schema.parse(given);
  } catch (thrown) {
    throw new UsageError(thrown);
  }
}

/** A group of commands, e.g. `coto runs`. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  return parent.command(name).description(summary);
}

async function writePieces(terminal: Terminal, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) terminal.write(piece);
}

/** Long work must not end at a folder that was not there from the beginning. */
function requireFolderOf(file: string): void {
  if (!existsSync(dirname(file)))
    throw new StudioError('invalid_input', `The folder ${dirname(file)} does not exist, so ${file} cannot be written.`);
}
