// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { startClient } from '../../../src-renderer/api/client.ts';
import { useNotifications } from '../../../src-renderer/app/use-notifications.ts';
import type { BackendStatus, StudioBridge, SystemNotice } from '../../../src-shared/contract/bridge.ts';
import { events } from '../../../src-shared/contract/events.ts';
import { requests } from '../../../src-shared/contract/requests.ts';
import { inProcessChannels } from '../../../src-shared/rpc/in-process.ts';
import { serve } from '../../../src-shared/rpc/serve.ts';
import { renderHookInWindow } from '../window.tsx';

/** A bridge to a backend that only reports; what it is asked to show goes to `shown`. */
function reportingBridge(shown: SystemNotice[]) {
  const [near, far] = inProcessChannels();
  let tellStatus: (status: BackendStatus) => void = () => undefined;
  const none = async () => null;
  const bridge: StudioBridge = {
    post: (message) => near.post(message),
    on: (listener) => near.on(listener),
    onStatus(listener) {
      tellStatus = listener;
      return () => undefined;
    },
    restartBackend: () => undefined,
    dialogs: {
      openFolder: none,
      saveFolder: none,
      openFile: none,
      saveFile: none,
      saveText: none,
      appendText: none,
      openText: none,
    },
    pathForFile: none,
    savePdf: none,
    printFigure: async () => '',
    openPath: async () => undefined,
    showInFolder: async () => undefined,
    showLogs: async () => undefined,
    home: { move: async () => false, cancelMove: () => undefined, onProgress: () => () => undefined },
    updates: { ask: () => Promise.reject(new Error('There is no shell.')), onState: () => () => undefined },
    dragOut: async () => undefined,
    newWindow: () => undefined,
    keys: { read: async () => '', write: async () => undefined, onChange: () => () => undefined },
    language: { read: async () => 'system', choose: async () => undefined, onChange: () => () => undefined },
    setRunning: () => undefined,
    setTheme: () => undefined,
    notify: (notice) => shown.push(notice),
    onMenu: () => () => undefined,
    platform: 'linux',
    languages: [],
    versions: { app: '0', electron: '0', chrome: '0' },
  };
  const server = serve(far, { requests, events }, () => null);
  return { bridge, server, ready: () => tellStatus({ status: 'ready', generation: 1, error: null }) };
}

test('the end of a job is told by the system while another program is in front, and only then', async () => {
  const shown: SystemNotice[] = [];
  const { bridge, server, ready } = reportingBridge(shown);
  Object.assign(window, { coto: bridge });
  startClient(bridge);
  ready();
  const hasFocus = vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  renderHookInWindow(() => useNotifications());
  const report = (message: string) =>
    server.emit('notification', { level: 'success', title: 'Train LoRA', message, error: null });
  const heard: unknown[] = [];
  bridge.on((message) => heard.push(message));
  report('seen in the window');
  await waitFor(() => expect(JSON.stringify(heard)).toContain('seen in the window'));
  hasFocus.mockReturnValue(false);
  report('Trained with 70.5 %.');
  await waitFor(() => expect(shown).toEqual([{ title: 'Train LoRA', body: 'Trained with 70.5 %.' }]));
});
