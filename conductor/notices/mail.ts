import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import type { Settings } from '../../config/options.ts';

export interface Mail {
  to: readonly string[];
  subject: string;
  text: string;
  /** Names the message, so that one that was sent twice is known. */
  id: string;
}

/**
 * Sends a mail through the operator's SMTP server. Its certificate is verified, and nothing is sent in clear unless the settings say so.
 * @throws Error: it was not taken
 */
export async function sendMail({ notices }: Pick<Settings, 'notices'>, mail: Mail): Promise<void> {
  const { smtp_host, smtp_port, smtp_user, smtp_password, smtp_security, smtp_cafile } = notices;
  const timeout_ms = notices.timeout * 1000;
  const transport = createTransport({
    ...{ host: smtp_host, port: smtp_port },
    secure: smtp_security === 'tls',
    requireTLS: smtp_security === 'starttls',
    ignoreTLS: smtp_security === 'none',
    ...(smtp_user === '' ? {} : { auth: { user: smtp_user, pass: smtp_password } }),
    tls: smtp_cafile === '' ? {} : { ca: readFileSync(smtp_cafile, 'utf8') },
    ...{ connectionTimeout: timeout_ms, greetingTimeout: timeout_ms, socketTimeout: timeout_ms },
    // A text must not have the mail made of files or of other people's URLs.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    await transport.sendMail({
      from: notices.email_from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@kurogane>`,
    });
  } finally {
    transport.close();
  }
}
