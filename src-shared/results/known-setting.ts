import type { RunConfig, RunRecord } from '../domain/run.ts';

/** A setting of a run; null where another program trained it and its file does not have the setting. */
export function knownSetting<Name extends keyof RunConfig>(
  { config, origin }: Pick<RunRecord, 'config' | 'origin'>,
  name: Name,
): RunConfig[Name] | null {
  return origin === undefined || Object.hasOwn(origin.settings, name) ? config[name] : null;
}
