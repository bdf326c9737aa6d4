import type { Duplex } from 'node:stream';
import type { Band, Picture } from './picture.ts';
import { RfbViewer } from './rfb-viewer.ts';
import type { Screen } from './screen.ts';

const WIDTH = 64;
const HEIGHT = 48;

/** A screen of one colour, which keeps the keys that were pressed. */
export class PlainScreen implements Screen, Picture {
  readonly name: string;
  readonly width = WIDTH;
  readonly height = HEIGHT;
  /** Keysyms that were pressed, oldest first. */
  readonly keys: number[] = [];
  /** 0xRRGGBB. */
  colour: number;

  constructor(name: string, colour: number) {
    this.name = name;
    this.colour = colour;
  }

  open(): Duplex {
    return new RfbViewer(this);
  }

  bands(): readonly Band[] {
    const { colour } = this;
    const pixels = (): Uint32Array => new Uint32Array(WIDTH * HEIGHT).fill(colour);
    return [{ y: 0, height: HEIGHT, shows: String(colour), pixels }];
  }

  key(keysym: number, pressed: boolean): void {
    if (pressed) this.keys.push(keysym);
  }

  onChange(): () => void {
    return () => {};
  }
}
