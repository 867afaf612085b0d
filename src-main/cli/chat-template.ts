import { existsSync } from 'node:fs';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { ChatMessage } from '../../src-shared/domain/generation/chat-message.ts';
import { readTextFile } from './yaml-file.ts';

/**
 * The Jinja of a chat template: one of the model's own by its name, a published one by its id or label, or a file.
 * @throws StudioError invalid_input where there is none of that name, or where it cannot write the messages
 */
export async function chosenTemplate(
  client: StudioClient,
  model: string,
  reference: string,
  messages: readonly ChatMessage[],
): Promise<string> {
  const { own, known } = await client.request('generation.templates', { model });
  const wanted = reference.toLowerCase();
  const named =
    own.find(({ name }) => name.toLowerCase() === wanted) ??
    known.find(({ id, label }) => id.toLowerCase() === wanted || label.toLowerCase() === wanted);
  if (named === undefined && !existsSync(reference))
    throw new StudioError(
      'invalid_input',
      `There is no chat template "${reference}", and no file of that name.`,
      `Choose one of ${[...own.map(({ name }) => name), ...known.map(({ id }) => id)].join(', ')}, or a file with Jinja.`,
    );
  const template = named?.text ?? (await readTextFile(reference));
  const { problem } = await client.request('generation.render', { model, messages: [...messages], template });
  if (problem !== null) {
    const place = problem.line === null ? '' : `line ${problem.line}: `;
    throw new StudioError('invalid_input', `The chat template ${reference} cannot be used: ${place}${problem.message}`);
  }
  return template;
}
