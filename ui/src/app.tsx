// The page: who may see it, and what stands where.
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { useStore } from './base/store';
import { ChatPlace } from './chat/place';
import { TextContext, texts, useText } from './i18n';
import { Layers } from './layers';
import { Sidebar } from './list/sidebar';
import { KeysPage, ModelsPage, SettingsPage } from './places';
import { NARROW, useMedia } from './parts/media';
import { ToastList } from './parts/toast-list';
import { Topbar } from './topbar';
import { ServicesProvider, useServices, type Services } from './services';
import { SignIn } from './session/sign-in';
import { Looking, Offline } from './session/states';
import { useShortcuts } from './palette/shortcuts';

export function App({ services }: { services: Services }): VNode {
  const lang = useStore(services.prefs.store, (p) => p.lang);
  return (
    <ServicesProvider value={services}>
      <TextContext.Provider value={texts[lang]}>
        <Door />
        <ToastList />
      </TextContext.Provider>
    </ServicesProvider>
  );
}

function Door(): VNode {
  const { session } = useServices();
  const phase = useStore(session.store, (s) => s.phase);
  if (phase === 'in') return <Home />;
  return <main class="door">{phase === 'asking' ? <Looking /> : phase === 'out' ? <SignIn /> : <Offline />}</main>;
}

function Home(): VNode {
  const t = useText();
  const { router, prefs, status, list, chat } = useServices();
  const narrow = useMedia(NARROW);
  const wanted = useStore(prefs.store, (p) => p.sidebar);
  const place = useStore(router.store, (r) => r.place);
  const id = place.name === 'chat' ? place.id : undefined;
  useShortcuts();
  useEffect(() => {
    const stop = status.start();
    void list.refresh();
    return () => (stop(), chat.leave());
  }, []);
  useEffect(() => {
    // A new conversation that has just got its id is open already.
    if (id !== undefined && (id === null || id !== chat.store.get().id)) void chat.open(id);
  }, [id]);
  return (
    <div class="home">
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), document.getElementById('main')?.focus())}>{t.skip}</a>
      {!narrow && wanted && <Sidebar />}
      <div class="column">
        <Topbar narrow={narrow} />
        {place.name === 'chat' && <ChatPlace />}
        {place.name === 'models' && <ModelsPage />}
        {place.name === 'settings' && <SettingsPage />}
        {place.name === 'keys' && <KeysPage />}
      </div>
      <Layers />
    </div>
  );
}
