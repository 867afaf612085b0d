import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function peerPython(): string {
  const python = process.env['COTO_PEERS_PYTHON'];
  if (python === undefined) throw new Error('COTO_PEERS_PYTHON is not set: npm run test:peers sees to it');
  return python;
}

/** The Python with diffusers and mlx-lm; null where they could not be installed. */
export function adapterPeersPython(): string | null {
  return process.env['COTO_ADAPTER_PEERS_PYTHON'] ?? null;
}

/** The Python with bitsandbytes beside Transformers; null where it could not be installed. */
export function bitsandbytesPython(): string | null {
  return process.env['COTO_BITSANDBYTES_PYTHON'] ?? null;
}

/** The Python with Trackio; null where it could not be installed. */
export function trackioPython(): string | null {
  return process.env['COTO_TRACKIO_PYTHON'] ?? null;
}

/** The Python with OpenAI's client; null where it could not be installed. */
export function openaiPython(): string | null {
  return process.env['COTO_OPENAI_PYTHON'] ?? null;
}

/** The Python with pandas, pyarrow, polars, duckdb and datasets; null where they could not be installed. */
export function zooPython(): string | null {
  return process.env['COTO_ZOO_PYTHON'] ?? null;
}

/** The Python with lm-eval beside Transformers and PEFT; null where it could not be installed. */
export function lmEvalPython(): string | null {
  return process.env['COTO_LM_EVAL_PYTHON'] ?? null;
}

/** The Python with sentence-transformers beside Transformers and PEFT; null where it could not be installed. */
export function sentencePython(): string | null {
  return process.env['COTO_SENTENCE_PYTHON'] ?? null;
}

/** The folder with the chat templates of published models; null where it could not be fetched. */
export function chatTemplatesFolder(): string | null {
  return process.env['COTO_CHAT_TEMPLATES'] ?? null;
}

/** Runs a script of this folder on the peers' Python; gives what it printed, throws its words where it fails. */
export function runPeer(script: string, input: unknown, args: readonly string[] = [], python = peerPython()): unknown {
  const file = script.startsWith('/') ? script : fileURLToPath(new URL(script, import.meta.url));
  const done = spawnSync(python, [file, ...args], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    // Nothing may be fetched: what is compared lies on this machine.
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
  });
  if (done.status !== 0) throw new Error(`${script} ended with ${done.status}:\n${done.stderr}`);
  return JSON.parse(done.stdout.trim().split('\n').at(-1) ?? 'null');
}
