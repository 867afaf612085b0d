import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { settingsStrings as words } from '../../strings/settings.ts';

interface ThreadsFieldProps {
  /** Null until the machine is known. */
  cores: number | null;
  /** Null: all cores. */
  threads: number | null;
  disabled: boolean;
  onChange: (threads: number | null) => void;
}

/**
 * Setting for the number of compute threads. A number beyond this machine's cores is rejected by the field, and not
 * saved.
 */
export function ThreadsField({ cores, threads, disabled, onChange }: ThreadsFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const refused = typed !== null && threadsFrom(typed, cores) === undefined;
  return (
    <TextInput
      aria-label={words.threads}
      w={220}
      inputMode="numeric"
      placeholder={cores === null ? words.all : words.allThreads(cores)}
      value={typed ?? threads ?? ''}
      error={refused && cores !== null ? words.threadsRange(cores) : null}
      disabled={disabled}
      onChange={(event) => {
        const text = event.currentTarget.value;
        const wanted = threadsFrom(text, cores);
        setTyped(text);
        if (wanted !== undefined && wanted !== threads) onChange(wanted);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

/** Null for all of them; undefined for what is no count of threads here. */
function threadsFrom(text: string, cores: number | null): number | null | undefined {
  if (text.trim() === '') return null;
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= (cores ?? count) ? count : undefined;
}
