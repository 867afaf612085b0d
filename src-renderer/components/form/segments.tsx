import { useId } from 'react';
import classes from './segments.module.css';

interface Segment {
  readonly value: string;
  readonly label: string;
}

interface SegmentsProps {
  'aria-label': string;
  data: readonly Segment[];
  value: string;
  onChange: (value: string) => void;
  disabled?: boolean;
  fullWidth?: boolean;
}

/**
 * A choice of a few, side by side. Mantine's measures where its segments lie when it is drawn and with each change, which
 * makes the browser lay out the whole page at once; a style sheet can mark the chosen one.
 */
export function Segments({ data, value, onChange, disabled = false, fullWidth = false, ...rest }: SegmentsProps) {
  const name = useId();
  return (
    <div {...rest} role="radiogroup" className={classes['root']} data-full-width={fullWidth || undefined}>
      {data.map((segment) => (
        <div key={segment.value} className={classes['segment']}>
          <input
            type="radio"
            id={`${name}-${segment.value}`}
            className={classes['input']}
            name={name}
            value={segment.value}
            checked={segment.value === value}
            disabled={disabled}
            onChange={() => onChange(segment.value)}
          />
          <label htmlFor={`${name}-${segment.value}`} className={classes['label']}>
            {segment.label}
          </label>
        </div>
      ))}
    </div>
  );
}
