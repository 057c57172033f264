// The model that answers here: each with its size, its state, and how fast it has been.
import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { sizeText, speedText } from '../base/format';
import { useStore } from '../base/store';
import { chooseModel, useModel } from '../chat/model';
import { useText, type Texts } from '../i18n';
import type { Model } from '../net/types';
import { IconBox, IconCheck, IconChevron } from '../parts/icons';
import { place } from '../parts/menu';
import { useServices } from '../services';
import { writes } from '../session/status';

export function factsOf(m: Model, speed: number | undefined, t: Texts): string {
  const facts = [m.size_bytes ? sizeText(m.size_bytes) : null, m.quant, t.modelStates[m.state], speed ? `${speedText(speed)}\u00a0${t.tokensPerSecond}` : null];
  return facts.filter(Boolean).join(' · ');
}

export function ModelPicker(): VNode | null {
  const t = useText();
  const services = useServices();
  const models = useStore(services.status.store, (s) => s.status?.models)?.filter(writes);
  const speeds = useStore(services.speeds.store, (s) => s.byModel);
  const chosen = useModel();
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  if (!models?.length) return null;
  const choose = (n: number): void => {
    layer.current!.hidePopover();
    button.current!.focus();
    if (models[n]) chooseModel(services, models[n].id);
  };
  const toggled = (e: ToggleEvent): void => {
    setOpen(e.newState === 'open');
    if (e.newState !== 'open') return;
    setActive(Math.max(0, models.findIndex((m) => m.id === chosen?.id)));
    place(layer.current!, button.current!);
    requestAnimationFrame(() => layer.current!.querySelector<HTMLElement>('[role=listbox]')?.focus());
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    const last = models.length - 1;
    const to = { ArrowDown: Math.min(last, active + 1), ArrowUp: Math.max(0, active - 1), Home: 0, End: last }[e.key];
    if (to !== undefined) e.preventDefault(), setActive(to);
    else if (e.key === 'Enter' || e.key === ' ') e.preventDefault(), choose(active);
  };
  return (
    <>
      <button ref={button} type="button" class="picker" popovertarget={id} aria-haspopup="listbox" aria-expanded={open} aria-label={`${t.chooseModel}: ${chosen?.id ?? t.none}`} title={chosen ? factsOf(chosen, speeds.get(chosen.id), t) : t.chooseModel}>
        {chosen && <span class={`lamp ${chosen.state}`} />}
        <span class="picker-name">{chosen?.id ?? t.chooseModel}</span>
        <IconChevron />
      </button>
      <div ref={layer} id={id} class="menu models-menu" popover="auto" onToggle={toggled}>
        {open && (
          <>
            <ul role="listbox" tabIndex={0} aria-label={t.chooseModel} aria-activedescendant={`${id}-${active}`} onKeyDown={onKeyDown}>
              {models.map((m, i) => (
                <li key={m.id} id={`${id}-${i}`} role="option" aria-selected={m.id === chosen?.id} class={i === active ? 'active' : undefined} onClick={() => choose(i)} onPointerMove={() => setActive(i)}>
                  <span class={`lamp ${m.state}`} />
                  <span class="option-name">{m.id}<small>{factsOf(m, speeds.get(m.id), t)}</small></span>
                  {m.id === chosen?.id && <IconCheck />}
                </li>
              ))}
            </ul>
            <button type="button" class="manage" onClick={() => (layer.current!.hidePopover(), services.router.go({ name: 'models' }))}><IconBox />{t.manageModels}</button>
          </>
        )}
      </div>
    </>
  );
}
