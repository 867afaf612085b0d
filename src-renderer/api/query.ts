import { QueryClient, type UseQueryResult, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import type { EventName, EventPayload } from '../../src-shared/contract/events.ts';
import type { RequestInput, RequestName, RequestOutput } from '../../src-shared/contract/requests.ts';
import { notifyFailure } from '../components/feedback/notify.tsx';
import { onEvent, request } from './client.ts';

/**
 * Answers stay fresh until the backend says otherwise (see cache.ts), so nothing is polled by default. The backend is on
 * this machine: the browser's idea of being offline must not hold requests back.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: Number.POSITIVE_INFINITY, retry: false, networkMode: 'always', refetchOnWindowFocus: false },
    mutations: { networkMode: 'always' },
  },
});

export function requestKey<Name extends RequestName>(name: Name, input: RequestInput<Name>): readonly unknown[] {
  return [name, input];
}

interface RequestOptions<Answer> {
  /** False: do not ask (yet). */
  enabled?: boolean;
  /** Ask again after so many milliseconds, for what changes without an event; may depend on the last answer. */
  refetchInterval?: number | false | ((answer: Answer | undefined) => number | false);
}

/** Asks the backend and asks again whenever it says that the answer has changed. */
export function useRequest<Name extends RequestName>(
  name: Name,
  input: RequestInput<Name>,
  options: RequestOptions<RequestOutput<Name>> = {},
): UseQueryResult<RequestOutput<Name>, Error> {
  const { refetchInterval = false } = options;
  return useQuery<RequestOutput<Name>, Error, RequestOutput<Name>, readonly unknown[]>({
    queryKey: requestKey(name, input),
    queryFn: () => request(name, input),
    enabled: options.enabled ?? true,
    refetchInterval:
      typeof refetchInterval === 'function' ? (query) => refetchInterval(query.state.data) : refetchInterval,
  });
}

/** The latest answer that there was: what a form shows while the answer to its changed input is on its way. */
export function useLastAnswer<Answer>(answer: Answer | undefined): Answer | undefined {
  const [kept, setKept] = useState(answer);
  if (answer !== undefined && answer !== kept) setKept(answer);
  return answer ?? kept;
}

interface ActionOptions<Name extends RequestName> {
  onSuccess?: (output: RequestOutput<Name>, input: RequestInput<Name>) => void;
  /** Instead of the notification, where the error is shown beside what caused it. */
  onError?: (error: Error) => void;
  /** Heading of the failure's notification, e.g. "The model was not added". */
  failureTitle?: string;
}

/** Does something; a failure becomes a notification unless the caller shows it itself. */
export function useAction<Name extends RequestName>(name: Name, options: ActionOptions<Name> = {}) {
  return useMutation<RequestOutput<Name>, Error, RequestInput<Name>>({
    mutationFn: (input) => request(name, input),
    onSuccess: (output, input) => options.onSuccess?.(output, input),
    onError: (error) => (options.onError ? options.onError(error) : notifyFailure(error, options.failureTitle)),
  });
}

/** Calls the listener for each event of this name while the component is mounted. */
export function useEvent<Name extends EventName>(name: Name, listener: (payload: EventPayload<Name>) => void): void {
  const latest = useEffectEvent(listener);
  useEffect(() => onEvent(name, (payload) => latest(payload)), [name]);
}
