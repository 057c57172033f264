// All of one's conversations: out, in, and away.
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useText, type Texts } from '../i18n';
import { errorText } from '../i18n/errors';
import { toApiError } from '../net/errors';
import type { Imported } from '../net/types';
import { Confirm } from '../parts/confirm';
import { download, hasFiles } from '../parts/files';
import type { Say } from '../parts/toasts';
import { useServices } from '../services';

export function DataSection(): VNode {
  const t = useText();
  const { api, list, toasts, router, chat } = useServices();
  const [asking, setAsking] = useState(false);
  const tell = (e: unknown): void => toasts.show((now) => errorText(toApiError(e), now));
  const exportAll = (): Promise<void> =>
    api.exportAll().then(async (answer) => download(await answer.blob(), `hearth-${new Date().toISOString().slice(0, 10)}.json`), tell);
  const removeAll = async (): Promise<void> => {
    setAsking(false);
    try {
      await api.removeAll();
      toasts.show((now) => now.allDeleted);
      if (chat.store.get().id !== null) await chat.open(null);
      await list.show(null);
      router.go({ name: 'chat', id: null });
    } catch (e) {
      tell(e);
    }
  };
  return (
    <section>
      <h2>{t.yourData}</h2>
      <p class="soft">{t.yourDataText}</p>
      <Import />
      <div class="buttons start">
        <button type="button" class="plain" onClick={() => void exportAll()}>{t.exportAll}</button>
        <button type="button" class="plain danger" onClick={() => setAsking(true)}>{t.deleteAll}</button>
      </div>
      {asking && <Confirm text={t.deleteAllSure} action={t.remove} yes={() => void removeAll()} no={() => setAsking(false)} />}
    </section>
  );
}

type Progress = { phase: 'none' | 'busy' } | { phase: 'done'; result: Imported } | { phase: 'failed'; text: Say; reason?: string } /* reason: the server's own words, which are English */;

function Import(): VNode {
  const t = useText();
  const { api, list } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const [progress, setProgress] = useState<Progress>({ phase: 'none' });
  const [over, setOver] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setProgress({ phase: 'busy' });
    try {
      setProgress({ phase: 'done', result: await api.importAll(file) });
      await list.refresh();
    } catch (e) {
      const error = toApiError(e);
      setProgress({ phase: 'failed', ...(error.kind === 'other' ? { text: (now: Texts) => now.notImported, reason: error.message } : { text: (now: Texts) => errorText(error, now) }) });
    }
  };
  return (
    <div
      class={over ? 'import dropping' : 'import'}
      onDragOver={(e) => hasFiles(e) && (e.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => (e.preventDefault(), setOver(false), void take(e.dataTransfer?.files[0]))}
    >
      <button type="button" class="plain" disabled={progress.phase === 'busy'} onClick={() => input.current!.click()}>{progress.phase === 'busy' ? t.importing : t.importFile}</button>
      <input ref={input} type="file" accept=".json,.md,application/json,text/markdown" hidden aria-label={t.importFile} onChange={(e) => (void take(e.currentTarget.files?.[0]), (e.currentTarget.value = ''))} />
      <p class="soft">{t.importHint}</p>
      <div role="status">{progress.phase === 'done' && <ImportResult result={progress.result} />}</div>
      {progress.phase === 'failed' && <p class="problem" role="alert">{progress.text(t)} {progress.reason && <span lang="en">{progress.reason}</span>}</p>}
    </div>
  );
}

function ImportResult({ result }: { result: Imported }): VNode {
  const t = useText();
  return (
    <>
      <p>{t.imported(result.conversations, result.messages)}</p>
      {result.skipped.length > 0 && (
        <details>
          <summary>{t.skipped(result.skipped.length)}</summary>
          <ul>{result.skipped.slice(0, 100).map((s, i) => <li key={i}>{s.title || t.untitled}: {s.reason}</li>)}</ul>
        </details>
      )}
    </>
  );
}
