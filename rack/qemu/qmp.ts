import type { Socket } from 'node:net';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { type Listening, listen } from './sockets.ts';

/** What QEMU tells by itself: `SHUTDOWN`, `RESET`, `DEVICE_TRAY_MOVED` … */
export interface QmpEvent {
  event: string;
  data: JsonObject;
}

const ANSWER_TIMEOUT_MS = 20_000;
const LONGEST_LINE = 1024 * 1024;

interface Asked {
  line: string;
  resolve: (answer: JsonObject) => void;
  reject: (error: Error) => void;
}

/** QEMU's machine protocol (docs/interop/qmp-spec): commands, answers and events, a JSON object a line, at a socket that QEMU connects to. */
export class Qmp implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #tell: (event: QmpEvent) => void;
  /** By id, in their order. */
  readonly #asked = new Map<number, Asked>();
  #listening: Listening | null = null;
  #socket: Socket | null = null;
  #takes_commands = false;
  #next_id = 1;

  private constructor(clock: Clock, tell: (event: QmpEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  static async start(path: string, clock: Clock, tell: (event: QmpEvent) => void): Promise<Qmp> {
    const qmp = new Qmp(clock, tell);
    qmp.#listening = await listen({ path }, (socket) => qmp.#take(socket));
    return qmp;
  }

  /** Carries a command out, once QEMU is there. @throws Error in QEMU's words, or when it is gone or says nothing */
  async execute(command: string, args: JsonObject = {}): Promise<JsonObject> {
    const id = this.#next_id++;
    const done = new AbortController();
    const answer = new Promise<JsonObject>((resolve, reject) => {
      const line = `${JSON.stringify({ execute: command, arguments: args, id })}\n`;
      this.#asked.set(id, { line, resolve, reject });
      if (this.#takes_commands) this.#socket?.write(line);
      this.#clock.sleep(ANSWER_TIMEOUT_MS, done.signal).then(
        () => reject(new Error(`QEMU did not answer ${command} in ${ANSWER_TIMEOUT_MS / 1000} s.`)),
        () => {}, // it did
      );
    });
    try {
      return await answer;
    } finally {
      this.#asked.delete(id);
      done.abort();
    }
  }

  /** QEMU is gone: what it was asked gets no answer. */
  forget(): void {
    this.#takes_commands = false;
    this.#socket?.destroy();
    this.#socket = null;
    for (const { reject } of this.#asked.values()) reject(new Error('QEMU is gone.'));
    this.#asked.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.forget();
    await this.#listening?.[Symbol.asyncDispose]();
  }

  #take(socket: Socket): void {
    this.#socket = socket;
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      if (text.length > LONGEST_LINE) socket.destroy();
      for (const line of lines) if (line.trim() !== '') this.#hear(JSON.parse(line), socket);
    });
    socket.on('close', () => {
      if (this.#socket === socket) this.forget();
    });
  }

  #hear({ QMP, data, error, event, id, return: answer }: JsonObject, socket: Socket): void {
    if (QMP !== undefined) socket.write('{"execute":"qmp_capabilities"}\n');
    else if (typeof event === 'string') this.#tell({ event, data: objectOf(data) });
    else if (typeof id === 'number') {
      const asked = this.#asked.get(id);
      if (error === undefined) asked?.resolve(objectOf(answer));
      else asked?.reject(new Error(String(objectOf(error).desc)));
    } else {
      // Answers without an id are to qmp_capabilities.
      this.#takes_commands = true;
      for (const { line } of this.#asked.values()) socket.write(line);
    }
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
