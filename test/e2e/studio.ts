import { join } from 'node:path';
import { _electron, type ElectronApplication, type Locator, type Page } from 'playwright-core';
import { quitButtons } from '../../src-main/shell/quit-question.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
} from '../../src-shared/contract/requests.ts';
import { replySchema } from '../../src-shared/rpc/contract.ts';
import { appPath, electronArguments, electronBinary } from './environment.ts';

/** Limit of one wait in a flow: the longest, for a run of a few steps, takes a few seconds on an idle machine. */
export const waitMilliseconds = 5 * 60_000;

export interface Studio {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** Errors in the page since the start: uncaught errors, and messages of the content policy. */
  readonly problems: string[];
  close(): Promise<void>;
}

/**
 * Starts the built app in the real Electron on a home of its own, and waits until its window answers.
 * @param options.address arguments of the app; empty: as a person starts it, which shows the tour in a new home
 */
export async function openStudio(
  home: string,
  switches: readonly string[] = [],
  options: { readonly address?: readonly string[] } = {},
): Promise<Studio> {
  const app = await launchStudio(home, [...switches, appPath, ...(options.address ?? ['--route=/home'])]);
  const page = await app.firstWindow({ timeout: 120_000 });
  // Half a minute, as is usual, is short for a run on a machine that is busy with other work; less than a test has, so that it is named.
  app.context().setDefaultTimeout(waitMilliseconds);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) problems.push(message.text());
  });
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await page
    .getByText('Nothing is running')
    .or(page.getByRole('contentinfo').getByRole('progressbar'))
    .first()
    .waitFor();
  return { app, page, problems, close: () => closeUnasked(app) };
}

/** Starts the built app, in whatever language its home or its system asks for, without a wait for its window. */
export function launchStudio(
  home: string,
  args: readonly string[] = [appPath],
  variables: Readonly<Record<string, string>> = {},
): Promise<ElectronApplication> {
  return _electron.launch({
    executablePath: electronBinary,
    args: [...electronArguments, ...args],
    env: { ...process.env, COTO_STUDIO_HOME: home, ...variables } as Record<string, string>,
    timeout: 120_000,
  });
}

/** Quits though something is running: the question would wait for an answer for good. */
async function closeUnasked(app: ElectronApplication): Promise<void> {
  const answer = app.evaluate(({ dialog }, response) => {
    dialog.showMessageBox = async () => ({ response, checkboxChecked: false });
  }, quitButtons.quit);
  // An app that is closed already has nothing to ask.
  await answer.catch(() => undefined);
  await app.close();
}

/** Has the system's own dialog for opening, which nobody could answer here, answer with `path`. */
export async function answerOpenDialog(app: ElectronApplication, path: string): Promise<void> {
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, path);
}

/** Sends a request to the backend as the window does, where the way through the pages is not what a test is about. */
export async function request<Name extends RequestName>(
  page: Page,
  name: Name,
  input: RequestInput<Name>,
): Promise<RequestOutput<Name>> {
  const reply = await page.evaluate(
    ({ name, input }) =>
      new Promise<unknown>((resolve) => {
        const id = crypto.randomUUID();
        const stop = window.coto.on((message) => {
          if (typeof message !== 'object' || message === null || Reflect.get(message, 'i') !== id) return;
          stop();
          resolve(Reflect.get(message, 'r'));
        });
        window.coto.post({ t: 'q', m: name, a: [input], i: id });
      }),
    { name, input },
  );
  const answer = replySchema.parse(reply);
  if (!answer.ok) throw StudioError.fromValue(answer.error);
  return requests[name].output.parse(answer.value) as RequestOutput<Name>;
}

export function homeFolder(parent: string): string {
  return join(parent, 'home');
}

/** Opens a page by its word in the rail. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, exact: true }).first().waitFor();
}

/** Drags by the pointer as a person does: down, away in steps, up. */
export async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  await from.scrollIntoViewIfNeeded();
  const start = await centre(from);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 12, start.y + 12, { steps: 4 });
  const end = await centre(to);
  await page.mouse.move(end.x, end.y, { steps: 12 });
  await page.mouse.up();
}

async function centre(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (!box) throw new Error(`${locator} is not on the screen`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Drops a file of this machine onto the page's drop zone, as a person does from a file manager. */
export async function dropFile(page: Page, path: string, target = '[role="listbox"]'): Promise<void> {
  const carrier = await page.evaluateHandle(() => {
    const input = document.createElement('input');
    input.type = 'file';
    document.body.append(input);
    return input;
  });
  await carrier.setInputFiles(path);
  await carrier.evaluate((input, onto) => {
    const [file] = input.files ?? [];
    const transfer = new DataTransfer();
    if (file) transfer.items.add(file);
    input.remove();
    const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector(onto)?.dispatchEvent(event);
  }, target);
}
