import '@patternfly/react-core/dist/styles/base.css';
import './style/portal.css';
import './style/pages.css';
import './style/server.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { applyTheme } from './app/theme.ts';
import { watchWayBack } from './app/way-back.ts';

applyTheme();
watchWayBack();
const place = document.getElementById('portal');
if (place !== null)
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
