import type { RequestArgument, RequestName, RequestOutput } from '../../../src-shared/contract/requests.ts';

/** Handles one request; its argument has been validated, its result will be. */
export type Handler<Name extends RequestName> = (
  input: RequestArgument<Name>,
) => RequestOutput<Name> | Promise<RequestOutput<Name>>;

export type Handlers<Name extends RequestName = RequestName> = { readonly [N in Name]: Handler<N> };

/** The requests of one or more domains, e.g. NamesOf<'runs'>. */
export type NamesOf<Domain extends string> = Extract<RequestName, `${Domain}.${string}`>;

export const ok = { ok: true } as const;
