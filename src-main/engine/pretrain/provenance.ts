import { basename } from 'node:path';
import type { PretrainConfig, PretrainResult } from '../../../src-shared/domain/runs/pretrain.ts';
import { cropsImages } from '../data/augment.ts';

/** PROVENANCE.md of a model trained here: architecture, data and evaluation. */
export function pretrainProvenance(
  config: PretrainConfig,
  result: PretrainResult,
  data: string,
  compute: { id: string; device: string; threads: number },
): string {
  const score =
    result.perplexity === null
      ? `Accuracy on what was held out: ${(100 * (result.accuracy ?? 0)).toFixed(1)} %.`
      : `Perplexity a token on what was held out: ${result.perplexity.toFixed(1)}.`;
  const examples = config.per_device_train_batch_size * config.gradient_accumulation_steps;
  const smoothing = config.label_smoothing_factor === 0 ? '' : `, label smoothing ${config.label_smoothing_factor}`;
  const augmentation =
    config.augmentation === null
      ? ''
      : ` Augmentation: ${cropsImages(config.augmentation) ? `random crops of ${config.augmentation.crop.join(' to ')} of the area, ` : ''}rotation ±${config.augmentation.rotation_radians} rad, scale ${config.augmentation.scale.join(' to ')}, shift ±${100 * config.augmentation.shift} %${config.augmentation.horizontal_flip ? ', horizontal flip' : ''}.`;
  return `# A base model trained from scratch by CoTo Studio

${result.parameterCount} parameters, stored as ${config.save_dtype}. ${score}

- Data: ${config.train_data.map((file) => basename(file)).join(', ')}: ${data}.
- Training: ${result.steps} steps of ${examples}, AdamW (betas ${config.adam_beta1} ${config.adam_beta2}, weight decay ${config.weight_decay}), peak learning rate ${config.learning_rate}, ${config.lr_scheduler_type}, clip ${config.max_grad_norm}, seed ${config.seed}${smoothing}.${augmentation}
- It took ${Math.round(result.seconds / 60)} minutes on ${compute.device} (${compute.id}, ${compute.threads} threads).

Whether it may be redistributed depends on the licences of the data.
`;
}
