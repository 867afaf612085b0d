import type { Client } from '../rpc/connect.ts';
import { events } from './events.ts';
import { requests } from './requests.ts';

export const contract = { requests, events };

/** The studio, as the window, the command and what serves other programs ask it. */
export type StudioClient = Client<typeof contract>;
