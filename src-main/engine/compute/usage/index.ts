import type { DeviceUsage } from '../../../../src-shared/domain/app/catalog.ts';
import { amdSysfs } from './amd-sysfs.ts';
import { identifierOf, type UsageProbe } from './device-usage.ts';
import { nvidiaSmi } from './nvidia-smi.ts';

/** Every way to learn how busy a graphics device is; the first that answers is used. */
export const usageProbes: readonly UsageProbe[] = [nvidiaSmi, amdSysfs];

/** Returns the recorded metrics of a device, without those that the device does not report. */
export function deviceMetrics(usage: DeviceUsage | null): Record<string, number> {
  if (usage === null) return {};
  const { memoryUsedBytes, utilization } = usage;
  return {
    ...(memoryUsedBytes === null ? {} : { device_memory_bytes: memoryUsedBytes }),
    ...(utilization === null ? {} : { device_utilization: utilization }),
  };
}

/** Least time between two readings. */
const readEveryMilliseconds = 2000;

/**
 * Use of a graphics device, read in the background whenever someone asks: an answer is the reading before. A machine without
 * a device that tells is asked once.
 */
export class UsageMeter {
  private readonly device: string | null;
  private readonly probes: readonly UsageProbe[];
  private readonly every: number;
  private probe: UsageProbe | null | undefined;
  private devices: readonly DeviceUsage[] = [];
  private reading: Promise<void> | null = null;
  private readAt = Number.NEGATIVE_INFINITY;

  /** @param device name of the device that is computed on, where it is known; else the first one is read */
  constructor(device: string | null, probes = usageProbes, every = readEveryMilliseconds) {
    this.device = device;
    this.probes = probes;
    this.every = every;
  }

  /** The last reading; null before the first, and where there is none. */
  current(): DeviceUsage | null {
    if (this.reading === null && this.probe !== null && performance.now() - this.readAt >= this.every)
      void this.refresh();
    return this.chosen(this.device);
  }

  /** Returns the named device's usage, read again if the interval has passed; null if unavailable. */
  async fresh(device: string | null): Promise<DeviceUsage | null> {
    if (this.probe !== null && performance.now() - this.readAt >= this.every) await this.refresh();
    return this.chosen(device);
  }

  /** Reads now, or waits for the reading that is under way. */
  refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = null;
      this.readAt = performance.now();
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    for (const probe of this.probe === undefined ? this.probes : [this.probe]) {
      const devices = await probe?.read();
      if (!devices) continue;
      this.probe = probe;
      this.devices = devices;
      return;
    }
    this.devices = [];
    this.probe ??= null;
  }

  private chosen(device: string | null): DeviceUsage | null {
    const [first = null] = this.devices;
    if (device === null) return first;
    const wanted = identifierOf(device);
    const named = this.devices.map((usage) => ({ usage, name: identifierOf(usage.name) }));
    // Itself before those whose name it has in its own, and those before longer ones: "RTX 4080" is no "RTX 4080 SUPER".
    const found =
      named.find(({ name }) => name === wanted) ??
      named.find(({ name }) => wanted.includes(name)) ??
      named.find(({ name }) => name.includes(wanted));
    return found?.usage ?? first;
  }
}
