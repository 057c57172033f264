import { render } from 'preact';
import { App } from './app';
import { makeServices } from './services';
import './style/index.css';

const services = makeServices();
render(<App services={services} />, document.getElementById('app')!);
void services.session.begin();
// The page opens without its server, too, and says what to do. Over plain http beyond this machine, browsers have no such thing.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/sw.js').catch(() => undefined);
