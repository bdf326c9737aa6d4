const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

/** An answer of the identity service that is an error, in Keystone's words: `{"error": {code, title, message}}`. */
export class IdentityError extends Error {
  readonly status: keyof typeof TITLES;
  readonly retry_after_s: number | null;

  constructor(status: keyof typeof TITLES, message: string, retry_after_s: number | null = null) {
    super(message);
    this.name = 'IdentityError';
    this.status = status;
    this.retry_after_s = retry_after_s;
  }

  get body(): object {
    return { error: { code: this.status, title: TITLES[this.status], message: this.message } };
  }
}
