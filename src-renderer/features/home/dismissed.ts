import { useLocalStorage } from '@mantine/hooks';
import { notifyUndo } from '../../components/feedback/undo.tsx';
import { homeStrings } from '../../strings/home.ts';

/** Stores which entries the user dismissed from Home, across starts. */
export function useDismissed(): {
  isDismissed: (key: string) => boolean;
  dismiss: (keys: readonly string[]) => void;
} {
  const [keys, setKeys] = useLocalStorage<string[]>({
    key: 'coto-home-dismissed',
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return {
    isDismissed: (key) => keys.includes(key),
    dismiss: (more) => {
      setKeys((known) => [...new Set([...known, ...more])].slice(-maxKept));
      notifyUndo(homeStrings.dismissed(more.length), async () =>
        setKeys((known) => known.filter((key) => !more.includes(key))),
      );
    },
  };
}

/** The oldest are forgotten: of what failed so long ago, Home shows nothing anyway. */
const maxKept = 200;
