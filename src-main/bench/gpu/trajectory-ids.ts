/** Small bases that are trained as native trained them; `trajectories.ts` says how. Apart, so that whoever plans loads no engine. */
export const trajectoryIds = ['vit-lora', 'small-llama-lora', 'encoder-dora', 'decoder-hira'] as const;
export type TrajectoryId = (typeof trajectoryIds)[number];
