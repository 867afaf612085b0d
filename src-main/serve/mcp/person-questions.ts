import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Asks a person a question. Null: nobody can answer. */
export type AskPerson = (question: string) => Promise<boolean | null>;

/** Puts what assistants want to start before the person, one question at a time: a flood of requests is one question. */
export class PersonQuestions {
  readonly #ask: AskPerson;
  #isOpen = false;

  /** @param ask is used for an assistant whose program cannot ask the person itself */
  constructor(ask: AskPerson) {
    this.#ask = ask;
  }

  /**
   * Resolves once the person has agreed.
   * @param elicit asks through the assistant's program; null if it has no such form (MCP's elicitation)
   * @throws StudioError refused
   */
  async confirm(question: string, elicit: AskPerson | null): Promise<void> {
    if (this.#isOpen)
      throw new StudioError(
        'refused',
        'A question about another start waits for the person.',
        'Try again once it is answered.',
      );
    this.#isOpen = true;
    try {
      const answer = await (elicit ?? this.#ask)(question);
      if (answer === null)
        throw new StudioError(
          'refused',
          'Nobody can be asked about this start.',
          'The person can start the server with --unasked, in a terminal, or use a program with elicitation.',
        );
      if (!answer) throw new StudioError('refused', 'The person declined; nothing was started.');
    } finally {
      this.#isOpen = false;
    }
  }
}
