/** Numbers of the settings that a curve may use. */
export interface CurveSettings {
  readonly exponential_rate: number;
  readonly curve_steps: number;
}

/** Shape of p in stage 1: one file and one line of the list. */
export interface Curve {
  readonly label: string;
  /** Name of the setting that shapes the curve. */
  readonly shapedBy?: keyof CurveSettings;
  /** Share of the rise from initial_p to final_p that is done after the share `x` of stage 1, both from 0 to 1. */
  rise(x: number, settings: CurveSettings): number;
}
