import { z } from 'zod';

/** Learning-rate schedules, by their names in Transformers' `lr_scheduler_type`. */
export const lrSchedulerTypes = ['linear', 'cosine', 'constant', 'constant_with_warmup'] as const;

/** Settings of a run's optimizer, schedule, batches and kept activations, in the order of its form. */
export const optimizationSettings = {
  learning_rate: z.number().positive().default(1e-3).meta({
    title: 'Learning rate',
    description: 'Peak learning rate of the schedule. CoTo tolerates, and usually needs, a higher rate than LoRA.',
    group: 'Optimization',
  }),
  lr_scheduler_type: z.enum(lrSchedulerTypes).default('cosine').meta({
    title: 'Learning rate schedule',
    description: 'Schedule of the learning rate after the warmup.',
    group: 'Optimization',
  }),
  warmup_steps: z.number().min(0).default(0.1).meta({
    title: 'Warmup steps',
    description: 'Number of steps of linear warmup. A value below 1 is a share of all steps, as in Transformers 5.',
    unit: 'steps',
    group: 'Optimization',
  }),
  max_steps: z.number().int().min(0).default(0).meta({
    title: 'Max steps',
    description: 'Number of optimizer steps. 0 trains for num_train_epochs.',
    unit: 'steps',
    group: 'Optimization',
  }),
  num_train_epochs: z.number().positive().default(3).meta({
    title: 'Train epochs',
    description: 'Number of passes over the training data. Ignored if max_steps is set.',
    unit: 'epochs',
    group: 'Optimization',
  }),
  per_device_train_batch_size: z.number().int().min(1).default(32).meta({
    title: 'Train batch size',
    description: 'Examples per forward pass. A larger batch needs more memory.',
    unit: 'examples',
    group: 'Optimization',
  }),
  per_device_eval_batch_size: z.number().int().min(1).default(100).meta({
    title: 'Eval batch size',
    description: 'Examples per forward pass in evaluation. It changes the speed, not the result.',
    unit: 'examples',
    advanced: true,
    group: 'Optimization',
  }),
  gradient_accumulation_steps: z.number().int().min(1).default(1).meta({
    title: 'Gradient accumulation steps',
    description: 'Forward passes per optimizer step. The effective batch is the batch size times this number.',
    group: 'Optimization',
  }),
  auto_find_batch_size: z.boolean().default(false).meta({
    title: 'Find batch size',
    description:
      'Splits the effective batch (batch size times accumulation) into the largest micro-batches that are estimated to fit. The estimate uses the memory that is free when the run is queued. The same split set by hand has the same result. Transformers’ setting of this name changes the effective batch instead.',
    advanced: true,
    group: 'Optimization',
  }),
  gradient_checkpointing: z.boolean().default(false).meta({
    title: 'Gradient checkpointing',
    description:
      'Recomputes the layers in the backward pass instead of keeping their activations. It needs less memory and more time, and the result is the same.',
    advanced: true,
    group: 'Optimization',
  }),
  activation_dtype: z.enum(['float32', 'bfloat16']).default('float32').meta({
    title: 'Activation dtype',
    description:
      'Type of the activations kept for the backward pass. bfloat16 needs half the memory of float32 and changes gradients by less than 2 % of their norm. Only the native and the WebGPU backend support bfloat16.',
    advanced: true,
    group: 'Optimization',
  }),
  optim: z
    .enum(['adamw', 'riemannian-adamw', 'sgd'])
    .default('adamw')
    .meta({
      title: 'Optimizer',
      description:
        'Optimizer, with PyTorch’s semantics. Riemannian AdamW preconditions the gradients of a product B·A by its factors.',
      labels: { adamw: 'AdamW', 'riemannian-adamw': 'Riemannian AdamW', sgd: 'SGD' },
      advanced: true,
      group: 'Optimization',
    }),
  weight_decay: z.number().min(0).default(0).meta({
    title: 'Weight decay',
    description: 'Weight decay: decoupled in AdamW, added to the gradient in SGD.',
    advanced: true,
    group: 'Optimization',
  }),
  adam_beta1: z.number().min(0).max(1).default(0.9).meta({
    title: 'Adam β₁',
    description: 'Decay of the first moment.',
    advanced: true,
    group: 'Optimization',
  }),
  adam_beta2: z.number().min(0).max(1).default(0.999).meta({
    title: 'Adam β₂',
    description: 'Decay of the second moment.',
    advanced: true,
    group: 'Optimization',
  }),
  adam_epsilon: z.number().positive().default(1e-8).meta({
    title: 'Adam ε',
    description: 'Added to the root of the second moment.',
    advanced: true,
    group: 'Optimization',
  }),
  riemannian_reg: z.number().positive().default(1e-2).meta({
    title: 'Riemannian damping',
    description:
      "Added to the diagonal of the r × r matrices that Riemannian AdamW inverts (PEFT's reg; the authors use 1e-6).",
    advanced: true,
    group: 'Optimization',
  }),
  sgd_momentum: z.number().min(0).max(1).default(0).meta({
    title: 'SGD momentum',
    description: 'Momentum of SGD: share of the previous step that is added.',
    advanced: true,
    group: 'Optimization',
  }),
  max_grad_norm: z.number().min(0).default(1).meta({
    title: 'Max gradient norm',
    description: 'Maximum norm of the gradients; larger gradients are scaled down. 0 turns clipping off.',
    advanced: true,
    group: 'Optimization',
  }),
  weight_perturbation: z
    .enum(['none', 'sam', 'mergopt'])
    .default('none')
    .meta({
      title: 'Weight perturbation',
      description:
        'Shift of the trained weights at which gradients are computed: none, the nearby weights of highest loss (SAM, two passes a step), or a random shift like that of a later merge (MergOPT).',
      labels: { none: 'None', sam: 'SAM', mergopt: 'MergOPT' },
      advanced: true,
      group: 'Optimization',
    }),
  sam_rho: z.number().positive().default(0.05).meta({
    title: 'SAM ρ',
    description: 'Length of the shift of SAM, over all trained weights together.',
    step: 0.01,
    advanced: true,
    group: 'Optimization',
  }),
  sam_adaptive: z.boolean().default(false).meta({
    title: 'Adaptive SAM',
    description:
      'Measures the shift of SAM relative to the size of each weight (ASAM). Its ρ is about ten times as large.',
    advanced: true,
    group: 'Optimization',
  }),
  mergopt_b: z.number().min(0).default(0.0005).meta({
    title: 'MergOPT b',
    description: 'Scale of the Laplace distribution from which MergOPT draws the entries of its shift.',
    advanced: true,
    group: 'Optimization',
  }),
  mergopt_mu: z.number().default(0).meta({
    title: 'MergOPT μ',
    description: 'Mean of the Laplace distribution from which MergOPT draws the entries of its shift.',
    advanced: true,
    group: 'Optimization',
  }),
  mergopt_k_max: z.number().int().min(1).max(1000).default(10).meta({
    title: 'MergOPT K',
    description: 'Maximum number of merged adapters that MergOPT assumes.',
    unit: 'adapters',
    advanced: true,
    group: 'Optimization',
  }),
  mergopt_alphas: z.array(z.number()).min(1).default([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).meta({
    title: 'MergOPT α',
    description: 'Merging coefficients from which MergOPT draws one in each step.',
    advanced: true,
    group: 'Optimization',
  }),
};

/** Settings of the loss that a run minimizes and of its update, in the order of its form. Evaluations have the plain loss, without noise. */
export const lossSettings = {
  label_smoothing_factor: z.number().min(0).lt(1).default(0).meta({
    title: 'Label smoothing',
    description:
      'Share of the target that is spread evenly over all classes or tokens in the training loss, as in Transformers. Evaluations have the plain loss.',
    step: 0.05,
    advanced: true,
    group: 'Optimization',
  }),
  token_loss: z
    .enum(['nll', 'dft'])
    .default('nll')
    .meta({
      title: 'Loss of a token',
      description:
        'Training loss of a text to write. nll is the negative log-likelihood. dft (Dynamic Fine-Tuning, TRL’s loss_type: dft) weights it with the probability of the token, so that unlikely tokens move the model less. Evaluations have the plain loss.',
      labels: { nll: 'Likelihood', dft: 'Dynamic Fine-Tuning' },
      advanced: true,
      group: 'Optimization',
    }),
  neftune_noise_alpha: z.number().min(0).default(0).meta({
    title: 'NEFTune noise α',
    description:
      'Scale of uniform noise that is added to the embeddings of tokens in training, as in Transformers. The paper tries 5, 10 and 15. 0 adds none.',
    advanced: true,
    group: 'Optimization',
  }),
  kl_coefficient: z.number().min(0).default(0).meta({
    title: 'KL coefficient',
    description:
      'Weight of the Kullback-Leibler divergence from the base without the adapter, in nats per learned token, that is added to the training loss, so that the base forgets less. Each step then also runs the base. 0 adds none. For tasks that write text.',
    step: 0.1,
    advanced: true,
    group: 'Optimization',
  }),
  oplora_rank: z.number().int().min(0).default(0).meta({
    title: 'OPLoRA directions',
    description:
      'Number of leading singular directions of each weight that the update leaves unchanged, so that the base forgets less (OPLoRA). 0 leaves the update free. For LoRA and its trainings.',
    advanced: true,
    group: 'Optimization',
  }),
};
