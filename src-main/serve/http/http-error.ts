/** An answer other than success, before the studio itself was asked. */
export class HttpError extends Error {
  /** HTTP's status. */
  readonly status: number;
  /** A word for programs, as OpenAI's API has it; null where the status says all. */
  readonly code: string | null;
  /** The field of the request that is meant. */
  readonly field: string | null;

  constructor(status: number, message: string, code: string | null = null, field: string | null = null) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.field = field;
  }
}
