import type { RunConfig, RunRecord } from '../domain/runs/run.ts';

/** The settings of a run; of one that another program trained, those that its file has. */
export function knownSettings({ config, origin }: Pick<RunRecord, 'config' | 'origin'>): object {
  if (origin === undefined) return config;
  return Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(origin.settings, name)));
}

/** A setting of a run; null where another program trained it and its file does not have the setting. */
export function knownSetting<Name extends keyof RunConfig>(
  { config, origin }: Pick<RunRecord, 'config' | 'origin'>,
  name: Name,
): RunConfig[Name] | null {
  return origin === undefined || Object.hasOwn(origin.settings, name) ? config[name] : null;
}
