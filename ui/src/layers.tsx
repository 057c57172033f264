// What lies above the page, one at a time.
import type { VNode } from 'preact';
import { useStore } from './base/store';
import { useText } from './i18n';
import { Lazy, useLazy } from './parts/lazy';
import { Modal } from './parts/modal';
import { useServices } from './services';
import { MoveBox, RenameBox } from './list/boxes';
import { Sidebar } from './list/sidebar';

const palettePart = new Lazy(() => import('./palette/palette'));
const panelPart = new Lazy(() => import('./chat/panel'));

export function Layers(): VNode | null {
  const t = useText();
  const { layers } = useServices();
  const layer = useStore(layers.store, (s) => s.layer);
  const palette = useLazy(palettePart, layer?.name === 'palette');
  const panel = useLazy(panelPart, layer?.name === 'panel');
  switch (layer?.name) {
    case 'palette': return palette && <Modal kind="palette" label={t.palette} close={layers.close}><palette.Palette /></Modal>;
    case 'panel': return panel && <Modal kind="panel" label={t.panel} close={layers.close}><panel.Panel /></Modal>;
    case 'drawer': return <Modal kind="drawer" label={t.navigation} close={layers.close}><Sidebar /></Modal>;
    case 'rename': return <Modal kind="box" label={t.rename} close={layers.close}><RenameBox id={layer.id} /></Modal>;
    case 'move': return <Modal kind="box" label={t.move} close={layers.close}><MoveBox id={layer.id} /></Modal>;
    default: return null;
  }
}
