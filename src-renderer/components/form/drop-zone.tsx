import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import classes from './drop-zone.module.css';

interface DropZoneProps {
  /** While something hangs over it: "Drop a model folder to add it". */
  message: string;
  /** The tokens of their paths. */
  onPaths: (paths: readonly string[]) => void;
  children: ReactNode;
}

/** Takes files and folders dropped anywhere on its content and passes on their paths on disk. */
export function DropZone({ message, onPaths, children }: DropZoneProps) {
  const depth = useRef(0);
  const [over, setOver] = useState(false);
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has a button with the same effect beside it
    <div
      className={classes['zone']}
      onDragEnter={(event) => {
        if (!carriesFiles(event)) return;
        // A zone within another one has its files to itself.
        event.stopPropagation();
        depth.current++;
        setOver(true);
      }}
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.stopPropagation();
        event.preventDefault();
      }}
      onDragLeave={(event) => {
        if (!carriesFiles(event)) return;
        event.stopPropagation();
        depth.current = Math.max(0, depth.current - 1);
        if (depth.current === 0) setOver(false);
      }}
      onDrop={(event) => {
        if (!carriesFiles(event)) return;
        event.stopPropagation();
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        void pathsOf([...event.dataTransfer.files]).then((paths) => {
          if (paths.length > 0) onPaths(paths);
        });
      }}
    >
      {children}
      {over ? (
        <div className={classes['cover']} aria-hidden>
          <div className={classes['message']}>{message}</div>
        </div>
      ) : null}
    </div>
  );
}

async function pathsOf(files: readonly File[]): Promise<string[]> {
  const paths = await Promise.all(files.map((file) => window.coto.pathForFile(file)));
  return paths.filter((path) => path !== null);
}
