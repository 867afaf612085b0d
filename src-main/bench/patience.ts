import { StudioError } from '../../src-shared/contract/errors.ts';

/** A way that takes this many times the best step so far is given up. */
const hopeless = 10;
/** Milliseconds of a step up to which no way is given up: all its steps take less than it would take to look elsewhere. */
const shortStep = 1000;

/** The best step of a workload so far, beside which a way without a chance is given up after its first step. */
export class Patience {
  private best: { readonly way: string; readonly milliseconds: number } | null = null;

  /** A step of `way`. Throws StudioError('refused') where it is ten times slower than the best so far. */
  see(way: string, milliseconds: number): void {
    const { best } = this;
    if (best !== null && milliseconds > shortStep && milliseconds > hopeless * best.milliseconds)
      throw new StudioError(
        'refused',
        `A step took ${seconds(milliseconds)} (${way}), more than ${hopeless} times the ${seconds(best.milliseconds)} of ${best.way}: given up.`,
      );
    if (best === null || milliseconds < best.milliseconds) this.best = { way, milliseconds };
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toPrecision(2)} s`;
}
