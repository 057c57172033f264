// Models that would do well on this machine, and those that are on their way.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { durationText, sizeText, speedText } from '../base/format';
import { useStore } from '../base/store';
import { useText, type Texts } from '../i18n';
import { errorText } from '../i18n/errors';
import { toApiError, type ApiError } from '../net/errors';
import type { Pull, Suggestion } from '../net/types';
import { IconClose } from '../parts/icons';
import { useServices } from '../services';

const paramsText = (n: number | string): string => (typeof n === 'string' ? n : n >= 1e9 ? `${(n / 1e9).toFixed(1).replace(/\.0$/, '')} B` : `${Math.round(n / 1e6)} M`);

function facts(s: Suggestion, t: Texts): string {
  const speed = s.fits && s.tokens_per_s ? t.expected(speedText(s.tokens_per_s)) : null;
  return [sizeText(s.bytes), t.parameters(paramsText(s.params)), s.licence, speed, t.needsMemory(sizeText(s.memory_bytes))].filter(Boolean).join(' · ');
}

export function Suggestions(): VNode {
  const t = useText();
  const { api, pulls, session, prefs } = useServices();
  const lang = useStore(prefs.store, (p) => p.lang);
  const running = useStore(pulls.store, (s) => s.pulls);
  const [models, setModels] = useState<Suggestion[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    api.suggested().then((answer) => setModels(answer.models), (e: unknown) => setError(toApiError(e)));
  }, []);
  if (error) return <p class="problem" role="alert">{errorText(error, t)}</p>;
  if (models?.length === 0) return <p class="soft">{t.noSuggestions}</p>;
  const busy = (s: Suggestion): boolean => running.some((p) => p.name === s.name && ['resolving', 'downloading', 'checking'].includes(p.state));
  return (
    <ul class="cards" aria-busy={models === null}>
      {models?.map((s) => (
        <li key={s.name} class={s.fits ? 'card' : 'card unfit'}>
          <div class="card-text">
            <h3>{s.title}</h3>
            <p>{lang === 'zh' ? s.about_zh : s.about_en}</p>
            <p class="facts">{facts(s, t)}{!s.fits && <strong> · {t.tooBig}</strong>}</p>
          </div>
          {session.admin && <button type="button" class={s.fits ? 'strong' : 'plain'} disabled={busy(s)} onClick={() => void pulls.start(s.name)} aria-label={t.getModel(s.title)}>{busy(s) ? t.getting : t.get}</button>}
        </li>
      ))}
    </ul>
  );
}

export function PullList(): VNode | null {
  const t = useText();
  const { pulls, status } = useServices();
  const { pulls: all, error } = useStore(pulls.store, (s) => s);
  const done = all.filter((p) => p.state === 'done').length;
  useEffect(() => {
    void pulls.refresh();
    return () => pulls.leave();
  }, []);
  useEffect(() => {
    if (done) void status.ask();
  }, [done]);
  return (
    <>
      {error && <p class="problem" role="alert">{errorText(error, t)} {error.message}</p>}
      {all.length > 0 && <ul class="cards pulls" aria-label={t.pulls}>{all.map((p) => <PullCard key={p.id} pull={p} />)}</ul>}
    </>
  );
}

function PullCard({ pull: p }: { pull: Pull }): VNode {
  const t = useText();
  const { pulls } = useServices();
  const running = p.state === 'resolving' || p.state === 'downloading' || p.state === 'checking';
  const share = p.bytes_total ? p.bytes_done / p.bytes_total : undefined;
  const amount = p.bytes_total ? `${sizeText(p.bytes_done)} / ${sizeText(p.bytes_total)}` : p.bytes_done ? sizeText(p.bytes_done) : null;
  const moving = p.state === 'downloading';
  const line = [t.pullStates[p.state], running && amount, moving && p.rate_bps > 0 && t.perSecond(sizeText(p.rate_bps)), moving && p.eta_s !== null && t.left(durationText(p.eta_s))].filter(Boolean);
  return (
    <li class={`card pull ${p.state}`}>
      <div class="card-text">
        <h3>{p.name}</h3>
        {running && <progress value={share} max={1} aria-label={p.name} />}
        <p class="facts">{line.join(' · ')}</p>
        {p.error && <p class="problem" role="alert">{p.error}</p>}
        {(p.state === 'canceled' || p.state === 'failed') && p.bytes_done > 0 && <p class="soft">{t.resumable}</p>}
      </div>
      {running && <button type="button" class="quiet" onClick={() => void pulls.cancel(p.id)} aria-label={`${t.cancel}: ${p.name}`} title={t.cancel}><IconClose /></button>}
      {(p.state === 'canceled' || p.state === 'failed') && <button type="button" class="plain" onClick={() => void pulls.start(p.name)}>{t.retry}</button>}
    </li>
  );
}
