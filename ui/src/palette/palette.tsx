// Ctrl+K: commands by their names, and conversations by what was said in them.
import type { VNode } from 'preact';
import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import { useText } from '../i18n';
import { snippetParts } from '../list/rows';
import type { Summary } from '../net/types';
import { IconSearch } from '../parts/icons';
import { useServices } from '../services';
import { commandsOf, matches, type Command } from './commands';

const HITS = 8;
const PAUSE_MS = 150;

export function Palette(): VNode {
  const t = useText();
  const services = useServices();
  const { layers, router } = services;
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const hits = useHits(query.trim());
  const all = useMemo(() => commandsOf(services, t), [t]);
  const commands = all.filter((c) => matches(`${c.text} ${c.name}`, query.trim()));
  const id = useId();
  const choices: Choice[] = [
    ...commands.map((command): Choice => ({ kind: 'command', command })),
    ...hits.map((summary): Choice => ({ kind: 'conversation', summary })),
  ];
  useEffect(() => setActive(0), [query]);
  useEffect(() => document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' }), [active]);
  const run = (choice: Choice | undefined): void => {
    if (!choice) return;
    layers.close();
    if (choice.kind === 'conversation') router.go({ name: 'chat', id: choice.summary.id });
    // Whatever it opens comes after this layer has gone and given the focus back.
    else setTimeout(choice.command.run);
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.isComposing) return;
    const n = choices.length;
    if (e.key === 'ArrowDown' && n) e.preventDefault(), setActive((active + 1) % n);
    else if (e.key === 'ArrowUp' && n) e.preventDefault(), setActive((active + n - 1) % n);
    else if (e.key === 'Enter') e.preventDefault(), run(choices[active]);
  };
  return (
    <div class="command-palette">
      <div class="search">
        <IconSearch />
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={choices.length ? `${id}-${active}` : undefined}
          aria-label={t.palette}
          placeholder={t.palettePlaceholder}
          autocomplete="off"
          value={query}
          onInput={(e) => setQuery(e.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label={t.palette}>
        {choices.map((choice, i) => (
          <li key={keyOf(choice)} id={`${id}-${i}`} role="option" aria-selected={i === active} onClick={() => run(choice)} onPointerMove={() => setActive(i)}>
            <ChoiceText choice={choice} />
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p class="nothing" role="status">{t.noCommands}</p>}
    </div>
  );
}

type Choice = { kind: 'command'; command: Command } | { kind: 'conversation'; summary: Summary };
const keyOf = (c: Choice): string => (c.kind === 'command' ? c.command.name : `#${c.summary.id}`);

function ChoiceText({ choice }: { choice: Choice }): VNode {
  const t = useText();
  if (choice.kind === 'command') return <><span>{choice.command.text}</span>{choice.command.keys && <kbd>{choice.command.keys}</kbd>}</>;
  const { title, snippet } = choice.summary;
  return (
    <span class="hit">
      {title || t.untitled}
      {snippet && <small>{snippetParts(snippet).map((p, i) => (p.hit ? <mark key={i}>{p.text}</mark> : p.text))}</small>}
    </span>
  );
}

function useHits(query: string): Summary[] {
  const { api, list } = useServices();
  const [hits, setHits] = useState<Summary[]>(() => list.store.get().items.slice(0, HITS));
  useEffect(() => {
    if (!query) return setHits(list.store.get().items.slice(0, HITS));
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.list({ q: query, limit: HITS }, abort.signal).then((page) => setHits(page.conversations), () => undefined);
    }, PAUSE_MS);
    return () => (clearTimeout(timer), abort.abort());
  }, [query]);
  return hits;
}
