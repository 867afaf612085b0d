import type { Events } from '../../src-shared/contract/events.ts';
import type { Requests } from '../../src-shared/contract/requests.ts';
import type { Client } from '../../src-shared/rpc/connect.ts';

/** The studio, as the window and the command ask it. */
export type StudioClient = Client<{ requests: Requests; events: Events }>;
