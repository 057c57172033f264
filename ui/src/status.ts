// What Hearth says about itself: asked at once, then as often as something is about to change.
import { useEffect, useState } from 'preact/hooks';
import { getStatus, type Status } from './api';

export interface Connection {
  status: Status | null;
  online: boolean;
  asked: boolean; // the first question has been answered or has failed
}

function pauseMs(c: Connection, busy: boolean): number {
  if (!c.online || !c.status?.models.length) return 2000;
  return busy || c.status.models.some((m) => m.state === 'loading') ? 1000 : 5000;
}

export function useStatus(busy: boolean): Connection {
  const [connection, setConnection] = useState<Connection>({ status: null, online: true, asked: false });
  useEffect(() => {
    let timer = 0;
    let gone = false;
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      let next: Connection;
      try {
        next = { status: await getStatus(abort.signal), online: true, asked: true };
      } catch {
        next = { status: null, online: false, asked: true };
      }
      if (gone) return;
      setConnection((old) => (next.online ? next : { ...old, online: false, asked: true }));
      timer = window.setTimeout(ask, document.hidden ? 15000 : pauseMs(next, busy));
    };
    const look = (): void => void (document.hidden || ask());
    void ask();
    document.addEventListener('visibilitychange', look);
    return () => {
      gone = true;
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [busy]);
  return connection;
}
