// The list itself: of however many conversations there are, those in sight.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { monthText } from '../base/format';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { useServices } from '../services';
import { ConversationRow } from './row';
import { rowsOf } from './rows';
import { sliceOf } from './virtual';

const ROW_PX = 38;
const HIT_PX = 62;
const AHEAD_PX = 1200; // the next page is asked for before its place is in sight

export function ConversationList(): VNode {
  const t = useText();
  const { list, prefs, router } = useServices();
  const state = useStore(list.store, (s) => s);
  const lang = useStore(prefs.store, (p) => p.lang);
  const current = useStore(router.store, (r) => (r.place.name === 'chat' ? r.place.id : null));
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const { items, leaving, query } = state;
  const rows = useMemo(
    () => rowsOf(leaving.size ? items.filter((s) => !leaving.has(s.id)) : items, Date.now(), t, (ms) => monthText(ms, lang), !query),
    [items, leaving, query, t, lang],
  );
  const rowPx = query ? HIT_PX : ROW_PX;
  const look = (): void => {
    const el = box.current!;
    setView((v) => (v.top === el.scrollTop && v.height === el.clientHeight ? v : { top: el.scrollTop, height: el.clientHeight }));
  };
  useLayoutEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    box.current!.scrollTop = 0;
  }, [query]);
  const nearEnd = rows.length * rowPx - view.top - view.height < AHEAD_PX;
  useEffect(() => {
    if (nearEnd) void list.more();
  }, [nearEnd, items.length, state.loading]);
  const { first, end } = sliceOf(rows.length, rowPx, view.top, view.height);
  return (
    <div ref={box} class={query ? 'list hits' : 'list'} onScroll={look} tabIndex={-1}>
      <h2 class="offscreen">{t.conversations}</h2>
      {rows.length === 0 && <Nothing />}
      <ul style={{ height: `${rows.length * rowPx}px` }} aria-label={t.conversations}>
        {rows.slice(first, end).map((row, i) => {
          const top = `${(first + i) * rowPx}px`;
          return row.kind === 'when' ? (
            <li key={`when ${row.text}`} class="when" style={{ top }}>{row.text}</li>
          ) : (
            <ConversationRow key={row.summary.id} summary={row.summary} top={top} current={row.summary.id === current} />
          );
        })}
      </ul>
    </div>
  );
}

function Nothing(): VNode | null {
  const t = useText();
  const { list } = useServices();
  const { asked, error, query, loading } = useStore(list.store, (s) => s);
  if (error) return <p class="nothing" role="alert">{t.listFailed} <button type="button" class="link" onClick={() => void list.refresh()}>{t.retry}</button></p>;
  if (!asked || loading) return null;
  return <p class="nothing" role="status">{query ? t.noHits(query) : t.noConversations}</p>;
}
