import type { JobRecord } from '../../../src-shared/domain/job.ts';

interface Offer {
  readonly id: string;
  readonly payload: unknown;
}

/** The jobs among `ready` that `choose` lets run together with `first`, both of one kind. */
export async function companionJobs(
  first: JobRecord,
  ready: readonly JobRecord[],
  payloadOf: (id: string) => unknown,
  choose: (first: unknown, offered: Offer[]) => Promise<readonly string[]>,
): Promise<JobRecord[]> {
  const queued = ready.filter(({ kind }) => kind === first.kind);
  if (queued.length === 0) return [];
  const offered = queued.map(({ id }) => ({ id, payload: payloadOf(id) }));
  const chosen = await choose(payloadOf(first.id), offered);
  return queued.filter(({ id }) => chosen.includes(id));
}
