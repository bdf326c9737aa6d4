import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { type Router } from 'express';

/** Where the files of swagger-ui-dist are, without loading any of them. */
const ASSETS = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Files of swagger-ui-dist that the page needs; nothing else of the package is served. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;

/** Nothing from elsewhere, and no script or style inside the page. */
const SECURITY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** Paths are relative, so that the page works under a prefix of a proxy too. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Kurogane bare metal API</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" type="image/png" href="favicon-32x32.png">
</head>
<body>
<div id="api"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
`;

/** No validator of others is asked; requests can be tried by whoever has a token for them. */
const START = `window.ui = SwaggerUIBundle({
  url: '../openapi.json',
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'list',
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** The page on which the API's document can be read, to be mounted at /openapi. */
export function apiPages(): Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    for (const [name, value] of Object.entries(SECURITY)) response.setHeader(name, value);
    next();
  });
  router.get('/', (request, response) => {
    // Without the slash at its end the page's relative paths would lead elsewhere.
    if (!request.originalUrl.split('?', 1)[0]?.endsWith('/')) response.redirect('openapi/');
    else response.type('html').send(PAGE);
  });
  router.get('/start.js', (_request, response) => {
    response.type('js').send(START);
  });
  for (const file of FILES)
    router.get(`/${file}`, (_request, response) => response.sendFile(join(ASSETS, file), { maxAge: '1h' }));
  return router;
}
