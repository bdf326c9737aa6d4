/** noVNC 1.7 brings no types; this is what of its docs/API.md is used. */
declare module '@novnc/novnc' {
  class RFB extends EventTarget {
    /** @param channel that is being opened, or open */
    constructor(target: HTMLElement, channel: WebSocket, options?: { shared?: boolean });
    background: string;
    scaleViewport: boolean;
    showDotCursor: boolean;
    viewOnly: boolean;
    disconnect(): void;
    focus(): void;
    sendCredentials(credentials: { username?: string; password?: string; target?: string }): void;
    sendCtrlAltDel(): void;
    /** @param code of KeyboardEvent; null: only the keysym is sent @param down default: pressed and let go */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
  }

  // biome-ignore lint/style/noDefaultExport: it is theirs
  export { RFB as default };
}
