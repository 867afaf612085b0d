import type { DeviceUsage } from '../../../../src-shared/domain/app/catalog.ts';

/** Usage of one vendor's graphics devices: one file each, listed in `index.ts`. */
export interface UsageProbe {
  readonly vendor: string;
  /** Null where the machine has no such device, or nothing that tells; never throws. */
  read(): Promise<readonly DeviceUsage[] | null>;
}

/** A device's name as Dawn writes it, by which two ways to learn of a device are told to mean the same. */
export function identifierOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
