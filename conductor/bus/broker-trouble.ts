/** What keeps a broker from being reached, by the code of the error, and what to look at. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name cannot be resolved. Check [oslo_messaging]transport_url and the name service',
  EAI_AGAIN: 'its host name cannot be resolved for now. Check that the name service answers',
  ECONNREFUSED: 'nothing listens at its address. Check that it runs',
  ECONNRESET: 'it ended the connection',
  ETIMEDOUT: 'it does not answer. Check the network between',
  EHOSTUNREACH: 'there is no way to it. Check the network between',
  ENETUNREACH: 'there is no way to it. Check the network between',
};

/** `RabbitMQ cannot be reached`, with the cause where its code tells it. Work goes on without a broker, by looking for it. */
export function brokerTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = CAUSES[code];
  return cause === undefined
    ? 'RabbitMQ cannot be reached'
    : `RabbitMQ cannot be reached (${code}): ${cause}. Jobs are found by polling meanwhile.`;
}
