import { z } from 'zod';
import type { Theme } from '../domain/app/theme.ts';
import type { JobProgress } from '../domain/jobs/job-progress.ts';
import type { ErrorValue } from './errors.ts';
import type { UpdateRequest, UpdateState } from './updates.ts';

/** A file or folder that was dropped on the window: a DOM `File`. */
export interface DroppedFile {
  readonly name: string;
}

/** A job that quitting would interrupt. */
export const runningJobSchema = z.object({
  title: z.string(),
  pauses: z.boolean().describe('it saves its progress and can be resumed'),
  done: z.number().min(0).max(1).nullable().describe('share of its work; null where that is not known'),
});
export type RunningJob = z.infer<typeof runningJobSchema>;

/** A notification of the operating system. */
export const systemNoticeSchema = z.object({ title: z.string(), body: z.string() });
export type SystemNotice = z.infer<typeof systemNoticeSchema>;

/** Something that is dragged to the file manager or another program. */
export const draggedItemSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    name: z.string().min(1).max(200).describe('with .png, .svg, .pdf or .csv'),
    content: z
      .string()
      .max(64 * 2 ** 20)
      .describe('the text; of a PNG and a PDF the data URL'),
  }),
  z.object({
    kind: z.literal('adapter'),
    name: z.string().min(1).max(200),
    folder: z.string().describe('relative to the home'),
  }),
]);
export type DraggedItem = z.infer<typeof draggedItemSchema>;

/** A figure that is printed on a page of its size. */
export const printedFigureSchema = z.object({
  svg: z.string().max(64 * 2 ** 20),
  width: z.number().min(1).max(10_000).describe('pixels'),
  height: z.number().min(1).max(10_000),
});
export type PrintedFigure = z.infer<typeof printedFigureSchema>;

/**
 * State of the backend. `ready`: it answers. `lost`: it ended and is restarting; pending requests are lost.
 * `failed`: it cannot start (the reason is in `error`). `generation` counts the starts.
 */
export interface BackendStatus {
  readonly status: 'starting' | 'ready' | 'lost' | 'failed';
  readonly generation: number;
  readonly error: ErrorValue | null;
}

/** Query of the window's address when its page is loaded again after the page's process ended. */
export const endedSearch = '?ended';

export interface FileFilter {
  readonly name: string;
  /** Without the dot: ['yaml', 'yml']. */
  readonly extensions: string[];
}

/** The window's only access to the outside: `window.coto`, exposed by the preload script. */
export interface StudioBridge<Dropped = DroppedFile> {
  /** Sends one RPC frame to the backend. Frames posted while it is not `ready` are lost: connect once it is. */
  post(message: unknown): void;
  /** Calls `listener` with every RPC frame of the backend until the returned function is called. */
  on(listener: (message: unknown) => void): () => void;
  /** Calls `listener` asynchronously with the current status and with every later one. */
  onStatus(listener: (status: BackendStatus) => void): () => void;
  /** Restarts a backend that has `failed`. */
  restartBackend(): void;
  /** The theme of what the system draws: menu, dialogs, title bar. */
  setTheme(theme: Theme): void;
  /**
   * Native dialogs; null if the user cancelled. Dialogs return path tokens (see `pathToken`), which replace paths in
   * requests: open dialogs grant reading, save dialogs writing.
   */
  readonly dialogs: {
    openFolder(options?: { title?: string }): Promise<string | null>;
    openFile(options?: { title?: string; filters?: FileFilter[] }): Promise<string | null>;
    /** A folder to write into; a name may be appended to its token. */
    saveFolder(options?: { title?: string }): Promise<string | null>;
    saveFile(options?: { title?: string; defaultName?: string; filters?: FileFilter[] }): Promise<string | null>;
    /** Asks for a path, writes the text there and returns its token. */
    saveText(
      text: string,
      options?: { title?: string; defaultName?: string; filters?: FileFilter[] },
    ): Promise<string | null>;
    /** Asks for a JSON Lines file, adds the line at its end and returns the file's token. */
    appendText(line: string, options?: { title?: string; filters?: FileFilter[] }): Promise<string | null>;
    /** Asks for a file and reads it (at most 16 MiB). */
    openText(options?: { title?: string; filters?: FileFilter[] }): Promise<{ path: string; text: string } | null>;
  };
  /** The token of a file or folder that was dropped on the window; null for one that is not on the disk. */
  pathForFile(file: Dropped): Promise<string | null>;
  /** Asks for a path, prints a report of the studio there as PDF and returns its token; null if the user cancelled. */
  savePdf(report: string, options?: { title?: string; defaultName?: string }): Promise<string | null>;
  /** Prints a figure as PDF, of vectors and text, and answers it as a data URL. */
  printFigure(figure: PrintedFigure): Promise<string>;
  /**
   * Opens a folder, or a file to look at, of the home or where something was saved, with the system's default program.
   * Rejects with a one-sentence message.
   */
  openPath(path: string): Promise<void>;
  /** Marks what the studio knows or what was chosen in the file manager. */
  showInFolder(path: string): Promise<void>;
  /** Opens the folder of the log files. Rejects with a one-sentence message. */
  showLogs(): Promise<void>;
  /** The folder with everything that the studio makes. */
  readonly home: {
    /**
     * Asks for a folder, shows what would be moved, and moves the home there: true once it is done, when the app starts again;
     * false if the person did not want it. Rejects with a sentence where it stays where it is.
     */
    move(options?: { title?: string }): Promise<boolean>;
    cancelMove(): void;
    /** Calls `listener` while the home is moved until the returned function is called. */
    onProgress(listener: (progress: JobProgress) => void): () => void;
  };
  /** New versions of the app: off until the person turns a feed on, and asked for only by them. */
  readonly updates: {
    /** Answers the state after it: a check or a download has ended by then. Rejects with a one-sentence message. */
    ask(request: UpdateRequest): Promise<UpdateState>;
    /** Calls `listener` with every change of the state until the returned function is called. */
    onState(listener: (state: UpdateState) => void): () => void;
  };
  /** Begins to drag a copy of the item out of the window; called while the pointer drags. Rejects with a sentence. */
  dragOut(item: DraggedItem): Promise<void>;
  /** Opens one more window on the page that is shown. */
  newWindow(): void;
  /** The language of the window, the menu and the native dialogs: `system` or the id of a language. */
  readonly language: {
    read(): Promise<string>;
    choose(language: string): Promise<void>;
    /** Calls `listener` when another one is chosen, in any window. */
    onChange(listener: (language: string) => void): () => void;
  };
  /** The key file of the home (see `parseKeyFile`). */
  readonly keys: {
    /** Reads the file, which a person may have edited. */
    read(): Promise<string>;
    /** Rejects with a one-sentence message. */
    write(text: string): Promise<void>;
    /** Calls `listener` with the text when the keys were changed, here or in another window. */
    onChange(listener: (text: string) => void): () => void;
  };
  /** Says what is running: quitting asks first, the taskbar shows the progress, and the machine stays awake. */
  setRunning(jobs: readonly RunningJob[]): void;
  /** Shows a notification of the system; a click on it brings the window to the front. */
  notify(notice: SystemNotice): void;
  /** A choice in the native menu: a route to open ('/train', '/data?add=file'), or an id of `windowCommands`. */
  onMenu(listener: (command: string) => void): () => void;
  readonly platform: string;
  /** Languages that the system prefers, the first at first: ["de-DE", "en"]. */
  readonly languages: readonly string[];
  readonly versions: { readonly app: string; readonly electron: string; readonly chrome: string };
}
