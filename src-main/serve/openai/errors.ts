import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../../../src-shared/contract/error-code.ts';
import { errorText, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { HttpError } from '../http/http-error.ts';
import { sendJson } from '../http/server.ts';

/** HTTP's status for an error of the studio; 500 for all that are not listed. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  invalid_input: 400,
  refused: 400,
  not_found: 404,
  cancelled: 503,
  disconnected: 503,
  out_of_memory: 503,
};

/** An error in the shape of OpenAI's API. */
export interface ApiError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string | null;
    };
  };
}

/** Converts an error to the format of OpenAI's API. */
export function toApiError(thrown: unknown): ApiError {
  const isHttp = thrown instanceof HttpError;
  const value = toErrorValue(thrown);
  const status = isHttp ? thrown.status : (statusOf[value.code] ?? 500);
  return {
    status,
    body: {
      error: {
        message: isHttp ? thrown.message : errorText(thrown),
        type: typeOf(status),
        param: isHttp ? thrown.field : (value.field ?? null),
        code: isHttp ? thrown.code : value.code,
      },
    },
  };
}

/** Answers an error, or ends a stream that has begun with it. */
export function sendApiError(response: ServerResponse, thrown: unknown): void {
  const { status, body } = toApiError(thrown);
  if (response.writableEnded || response.destroyed) return;
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(body)}\n\n`);
    return;
  }
  // The rest of a body that was refused is not read.
  if (status === 413) response.setHeader('connection', 'close');
  sendJson(response, status, body);
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
